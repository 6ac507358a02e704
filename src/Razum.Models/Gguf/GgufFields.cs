using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>Typed access to metadata of a GGUF file. Every fault is one line with file, key, what was expected and what was found.</summary>
public sealed class GgufFields(string path, IReadOnlyDictionary<string, GgufValue> metadata, string prefix)
{
    private const int LongestFound = 60;

    /// <summary>A key of the architecture as the file has it.</summary>
    public string Key(string name) => prefix + name;

    public bool Has(string name) => metadata.ContainsKey(Key(name));

    /// <summary>A whole number from 0 to 2^31 - 1.</summary>
    public int Count(string name, int? fallback = null)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return fallback ?? throw Missing(name);
        }

        return value.Whole is >= 0 and <= int.MaxValue and var whole ? (int)whole : throw Expected(name, "a whole number of at least 0");
    }

    public double Number(string name, double? fallback = null)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return fallback ?? throw Missing(name);
        }

        return value.Number is { } number && double.IsFinite(number) ? number : throw Expected(name, "a number");
    }

    public bool Flag(string name, bool fallback)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return fallback;
        }

        return value.Value is bool flag ? flag : throw Expected(name, "true or false");
    }

    public string Text(string name, string? fallback = null)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return fallback ?? throw Missing(name);
        }

        return value.Value as string ?? throw Expected(name, "a text");
    }

    /// <summary>A list whose elements are of type <typeparamref name="T"/>; empty when absent.</summary>
    public IReadOnlyList<T> List<T>(string name)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return [];
        }

        return value.Value as T[] ?? throw Expected(name, $"a list of {typeof(T).Name}");
    }

    public InvalidDataException Missing(string name) => new($"{path}: {Key(name)}: missing");

    public InvalidDataException Expected(string name, string what) => new($"{path}: {Key(name)}: expected {what}, found {Found(name)}");

    public InvalidDataException Unsupported(string name, string supported) => new($"{path}: {Key(name)}: {Found(name)} is not supported, only {supported}");

    private string Found(string name)
    {
        if (!metadata.TryGetValue(Key(name), out GgufValue? value))
        {
            return "nothing";
        }

        string text = value.IsList ? $"a list of {value.ElementType}" : FormattableString.Invariant($"{value.Value}");
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return OneLine.Quote(text.Length > LongestFound ? text[..LongestFound] + "..." : text);
    }
}
