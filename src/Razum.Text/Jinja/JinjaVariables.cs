using System.Text.Json;

namespace Razum.Text.Jinja;

/// <summary>JSON as values of a template.</summary>
internal static class JinjaVariables
{
    public static object? From(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Dict(json),
        JsonValueKind.Array => json.EnumerateArray().Select(From).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => json.TryGetInt64(out long integer) ? integer
            : json.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') >= 0 ? json.GetDouble()
            : System.Numerics.BigInteger.Parse(json.GetRawText(), System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    private static DictValue Dict(JsonElement json)
    {
        var dict = new DictValue();
        foreach (JsonProperty item in json.EnumerateObject())
        {
            dict.Set(item.Name, From(item.Value));
        }

        return dict;
    }
}
