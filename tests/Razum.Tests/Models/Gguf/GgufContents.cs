using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Tests.Models.Gguf;

/// <summary>Metadata and tensors of GGUF files against what golden cases say of them.</summary>
internal static class GgufContents
{
    public static void CheckMetadata(JsonElement expected, IReadOnlyDictionary<string, GgufValue> actual)
    {
        Assert.Equal(expected.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (JsonProperty property in expected.EnumerateObject())
        {
            GgufValue value = actual[property.Name];
            string type = value.ElementType.ToString().ToUpperInvariant();
            Assert.Equal(property.Value.GetProperty("type").GetString(), value.IsList ? "ARRAY/" + type : type);
            if (property.Value.TryGetProperty("value", out JsonElement whole))
            {
                CheckValue(whole, value.Value);
            }
            else
            {
                CheckSummary(property.Value, (Array)value.Value);
            }
        }
    }

    public static void CheckTensors(JsonElement expected, IReadOnlyList<GgufTensor> actual, string offsetName)
    {
        JsonElement[] wanted = [.. expected.EnumerateArray()];
        Assert.Equal(wanted.Length, actual.Count);
        foreach ((JsonElement want, GgufTensor tensor) in wanted.Zip(actual))
        {
            Assert.Equal(want.GetProperty("name").GetString(), tensor.Name);
            Assert.Equal(want.GetProperty("type").GetString(), tensor.Type.ToString());
            Assert.Equal(want.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64()), tensor.Dims);
            Assert.Equal(want.GetProperty(offsetName).GetInt64(), tensor.Begin);
            Assert.Equal(want.GetProperty("bytes").GetInt64(), tensor.Length);
        }
    }

    /// <summary>Numbers as written; infinities and NaN stand as texts.</summary>
    public static void CheckValue(JsonElement expected, object actual)
    {
        if (actual is Array list)
        {
            Assert.Equal(expected.GetArrayLength(), list.Length);
            foreach ((JsonElement want, object? element) in expected.EnumerateArray().Zip(list.Cast<object>()))
            {
                CheckValue(want, element);
            }

            return;
        }

        switch (actual)
        {
            case string text: Assert.Equal(expected.GetString(), text); break;
            case bool flag: Assert.Equal(expected.GetBoolean(), flag); break;
            case float or double:
                double number = Convert.ToDouble(actual, CultureInfo.InvariantCulture);
                double wanted = expected.ValueKind == JsonValueKind.String
                    ? double.Parse(expected.GetString()!.Replace("inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture)
                    : expected.GetDouble();
                Assert.Equal(wanted, number);
                break;
            default: Assert.Equal(expected.GetRawText(), Convert.ToString(actual, CultureInfo.InvariantCulture)); break;
        }
    }

    private static void CheckSummary(JsonElement expected, Array actual)
    {
        Assert.Equal(expected.GetProperty("length").GetInt32(), actual.Length);
        foreach ((JsonElement want, object? element) in expected.GetProperty("first").EnumerateArray().Zip(actual.Cast<object>()))
        {
            CheckValue(want, element);
        }

        CheckValue(expected.GetProperty("last"), actual.GetValue(actual.Length - 1)!);
        if (expected.TryGetProperty("sha256_of_utf8_joined_by_nul", out JsonElement hash))
        {
            byte[] joined = Encoding.UTF8.GetBytes(string.Join('\0', actual.Cast<string>()));
            Assert.Equal(hash.GetString(), Convert.ToHexStringLower(SHA256.HashData(joined)));
        }

        if (expected.TryGetProperty("sum", out JsonElement sum))
        {
            Assert.Equal(sum.GetDouble(), actual.Cast<object>().Sum(e => Convert.ToDouble(e, CultureInfo.InvariantCulture)), 1e-6);
        }
    }
}
