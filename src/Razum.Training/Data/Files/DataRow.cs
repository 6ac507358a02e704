using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Data.Files;

/// <summary>A row of a data file, whatever its format: fields by name, and where it stands, for messages. Names are compared without regard to case.</summary>
public sealed record DataRow(JsonObject Fields, string Where)
{
    /// <summary>The text of the first of <paramref name="names"/> that the row has; a number by its digits. Null when it has none of them.</summary>
    /// <exception cref="InvalidDataException">The field is neither text nor number.</exception>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            switch (Field(name))
            {
                case null:
                    continue;
                case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                    return value.GetValue<string>();
                case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                    return value.ToJsonString();
                default:
                    throw Fault($"'{name}' is not a text");
            }
        }

        return null;
    }

    /// <summary>As <see cref="Text"/>, but there must be one, and not an empty one.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public string Required(params ReadOnlySpan<string> names) => Text(names) is { } text && !string.IsNullOrWhiteSpace(text)
        ? text
        : throw Fault($"no {string.Join(" or ", names.ToArray().Select(n => $"'{n}'"))}");

    /// <summary>The field of that name; null when it is missing or null.</summary>
    public JsonNode? Field(string name) => Fields.FirstOrDefault(f => string.Equals(f.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>What is wrong with this row, in one line.</summary>
    public InvalidDataException Fault(string what) => new($"{Where}: {OneLine.Quote(what)}");
}
