using System.Text.Json;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Runs;

/// <summary>
/// One object of a run file. Every field that is read is checked and remembered, so that <see cref="Done"/> can refuse what nobody asked for:
/// a misspelt setting must not silently become a default.
/// </summary>
internal sealed class RunFields(string file, string path, JsonElement element)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public bool Has(string name)
    {
        _read.Add(name);
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
    }

    public int Whole(string name, int? fallback = null, int least = 1, int most = int.MaxValue)
    {
        if (!Has(name))
        {
            return fallback ?? throw Fault(name, "missing");
        }

        return Value(name).ValueKind == JsonValueKind.Number && Value(name).TryGetInt32(out int value) && value >= least && value <= most
            ? value
            : throw Fault(name, $"expected a whole number of {least}{(most == int.MaxValue ? " or more" : $" to {most}")}, found {Found(name)}");
    }

    public double Number(string name, double? fallback = null, double least = 0, double most = double.MaxValue)
    {
        if (!Has(name))
        {
            return fallback ?? throw Fault(name, "missing");
        }

        string range = most == double.MaxValue ? FormattableString.Invariant($"{least:g} or more") : FormattableString.Invariant($"{least:g} to {most:g}");
        return Value(name).ValueKind == JsonValueKind.Number && Value(name).TryGetDouble(out double value) && value >= least && value <= most
            ? value
            : throw Fault(name, $"expected a number of {range}, found {Found(name)}");
    }

    public bool Flag(string name, bool fallback)
    {
        if (!Has(name))
        {
            return fallback;
        }

        return Value(name).ValueKind is JsonValueKind.True or JsonValueKind.False
            ? Value(name).GetBoolean()
            : throw Fault(name, $"expected true or false, found {Found(name)}");
    }

    public string Text(string name, string? fallback = null)
    {
        if (!Has(name))
        {
            return fallback ?? throw Fault(name, "missing");
        }

        return Value(name).ValueKind == JsonValueKind.String && Value(name).GetString() is { Length: > 0 } text
            ? text
            : throw Fault(name, $"expected a text, found {Found(name)}");
    }

    /// <summary>A text that must be one of <paramref name="choices"/>.</summary>
    public string Choice(string name, string? fallback, params ReadOnlySpan<string> choices)
    {
        string text = Text(name, fallback);
        return choices.Contains(text) ? text : throw Fault(name, $"expected one of {string.Join(", ", choices)}, found {Found(name)}");
    }

    /// <summary>One of the names of <typeparamref name="T"/>, written in snake case.</summary>
    public T Choice<T>(string name, T? fallback)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
        string text = Choice(name, fallback is { } value ? names[Array.IndexOf(Enum.GetValues<T>(), value)] : null, names);
        return Enum.GetValues<T>()[Array.IndexOf(names, text)];
    }

    public RunFields Object(string name) => OptionalObject(name) ?? throw Fault(name, "missing");

    public RunFields? OptionalObject(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        return Value(name).ValueKind == JsonValueKind.Object
            ? new RunFields(file, $"{path}{name}.", Value(name))
            : throw Fault(name, $"expected an object, found {Found(name)}");
    }

    /// <summary>The objects of a list of at least one.</summary>
    public IReadOnlyList<RunFields> Objects(string name) =>
        [.. List(name).Select((e, i) => e.ValueKind == JsonValueKind.Object
            ? new RunFields(file, $"{path}{name}[{i}].", e)
            : throw Fault($"{name}[{i}]", "expected an object"))];

    public IReadOnlyList<string> Texts(string name) =>
        [.. List(name).Select((e, i) => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Fault($"{name}[{i}]", "expected a text"))];

    public IReadOnlyList<double> Numbers(string name) =>
        [.. List(name).Select((e, i) => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : throw Fault($"{name}[{i}]", "expected a number"))];

    /// <summary>An object whose fields are names with a number of at least 0; empty when absent.</summary>
    public IReadOnlyDictionary<string, double> Weights(string name)
    {
        var weights = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (OptionalObject(name) is { } fields)
        {
            foreach (JsonProperty property in Value(name).EnumerateObject())
            {
                weights[property.Name] = fields.Number(property.Name);
            }
        }

        return weights;
    }

    /// <summary>The JSON text of an object, as it stands in the file; null when absent.</summary>
    public string? Raw(string name) => OptionalObject(name) is null ? null : Value(name).GetRawText();

    /// <summary>Refuses fields that were not read.</summary>
    public void Done()
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_read.Contains(property.Name))
            {
                throw Fault(property.Name, $"unknown field; known ones are {string.Join(", ", _read.Order(StringComparer.Ordinal))}");
            }
        }
    }

    public InvalidDataException Fault(string name, string what) => new($"{file}: {path}{OneLine.Quote(name)}: {what}");

    private IEnumerable<JsonElement> List(string name)
    {
        if (!Has(name))
        {
            throw Fault(name, "missing");
        }

        return Value(name).ValueKind == JsonValueKind.Array && Value(name).GetArrayLength() > 0
            ? Value(name).EnumerateArray()
            : throw Fault(name, $"expected a list of at least one, found {Found(name)}");
    }

    private JsonElement Value(string name) => element.GetProperty(name);

    private string Found(string name)
    {
        string text = Value(name).GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
