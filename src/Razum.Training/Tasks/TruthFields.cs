using System.Text.Json;
using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>Typed reading of <see cref="TaskProblem.Truth"/>, which may come from a file: what is missing or of another type is named.</summary>
internal static class TruthFields
{
    public static string Text(this JsonObject truth, string name) =>
        truth[name] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Bad(name, "a string");

    public static int Integer(this JsonObject truth, string name) =>
        truth[name] is JsonValue value && value.TryGetValue(out int number) ? number : throw Bad(name, "an integer");

    public static int[] Integers(this JsonObject truth, string name) =>
        truth[name] is JsonArray array ? [.. array.Select(n => n is JsonValue v && v.TryGetValue(out int number) ? number : throw Bad(name, "integers"))]
        : throw Bad(name, "an array of integers");

    public static string[] Texts(this JsonObject truth, string name) =>
        truth[name] is JsonArray array ? [.. array.Select(n => n is JsonValue v && v.TryGetValue(out string? text) ? text : throw Bad(name, "strings"))]
        : throw Bad(name, "an array of strings");

    /// <summary>The field "answer" as the model has to write it: a string as it is, a number by its digits.</summary>
    public static string Answer(this JsonObject truth) => truth["answer"] switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => value.ToJsonString(),
        _ => throw Bad("answer", "a string or a number"),
    };

    public static JsonArray ToArray(ReadOnlySpan<int> values)
    {
        JsonArray array = [];
        foreach (int value in values)
        {
            array.Add((JsonNode)value);
        }

        return array;
    }

    public static JsonArray ToArray(ReadOnlySpan<string> values)
    {
        JsonArray array = [];
        foreach (string value in values)
        {
            array.Add((JsonNode)value);
        }

        return array;
    }

    private static InvalidDataException Bad(string name, string expected) => new($"truth: field '{name}' is missing or is not {expected}");
}
