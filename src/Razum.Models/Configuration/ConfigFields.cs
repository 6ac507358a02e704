using System.Text.Json;
using Razum.Tensors.Checkpoints;

namespace Razum.Models.Configuration;

/// <summary>
/// Typed access to the fields of one JSON object of a config. A null counts as absent. Every fault is one line with file, field (its whole path), what was
/// expected and what was found.
/// </summary>
internal sealed class ConfigFields(string file, string prefix, JsonElement element)
{
    private const int LongestFound = 60;

    public bool Has(string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public bool IsText(string name) => Has(name) && element.GetProperty(name).ValueKind == JsonValueKind.String;

    public IEnumerable<string> Names => element.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).Select(p => p.Name);

    /// <summary>A whole number from 1 to <paramref name="most"/>.</summary>
    public int Size(string name, int? fallback = null, int most = int.MaxValue) => Whole(name, 1, most, fallback);

    /// <summary>A whole number from 0 to <paramref name="most"/>.</summary>
    public int Count(string name, int? fallback = null, int most = int.MaxValue) => Whole(name, 0, most, fallback);

    /// <summary>A size, or null when absent.</summary>
    public int? OptionalSize(string name) => Has(name) ? Size(name) : null;

    /// <summary>A finite number of at least <paramref name="least"/>.</summary>
    public double Number(string name, double? fallback = null, double least = double.MinValue)
    {
        if (!Has(name))
        {
            return fallback ?? throw Missing(name);
        }

        JsonElement value = element.GetProperty(name);
        bool good = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) && number >= least;
        return good ? value.GetDouble() : throw Expected(name, least == double.MinValue ? "a number" : FormattableString.Invariant($"a number of at least {least}"));
    }

    /// <summary>A number above 0 that is also above 0 as F32.</summary>
    public double Positive(string name, double? fallback = null)
    {
        double number = Number(name, fallback);
        return (float)number > 0 && float.IsFinite((float)number) ? number : throw Expected(name, "a number above 0");
    }

    public bool Flag(string name, bool fallback)
    {
        if (!Has(name))
        {
            return fallback;
        }

        JsonElement value = element.GetProperty(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Expected(name, "true or false");
    }

    public string Text(string name, string? fallback = null)
    {
        if (!Has(name))
        {
            return fallback ?? throw Missing(name);
        }

        JsonElement value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Expected(name, "a string");
    }

    /// <summary>An object inside this one; null when absent.</summary>
    public ConfigFields? Object(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        JsonElement value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.Object ? new ConfigFields(file, $"{prefix}{name}.", value) : throw Expected(name, "an object");
    }

    /// <summary>Whole numbers from 0: a list, or one alone; empty when absent.</summary>
    public IReadOnlyList<int> Ids(string name)
    {
        if (!Has(name))
        {
            return [];
        }

        JsonElement value = element.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Array)
        {
            return [Count(name)];
        }

        return
        [
            .. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0
                ? id
                : throw Expected(name, "a list of whole numbers of at least 0")),
        ];
    }

    /// <summary>Strings of a list; null when absent.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        JsonElement value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Expected(name, "a list of strings");
    }

    /// <summary>Refuses any value but those given; absent is fine.</summary>
    public void Only(string name, params ReadOnlySpan<string> supported)
    {
        string found = Has(name) ? Text(name) : supported[0];
        if (!supported.Contains(found))
        {
            throw Unsupported(name, string.Join(" or ", supported.ToArray()));
        }
    }

    /// <summary>Refuses any number but the one given; absent is fine.</summary>
    public void Only(string name, double supported)
    {
        if (Number(name, supported) != supported)
        {
            throw Unsupported(name, FormattableString.Invariant($"{supported}"));
        }
    }

    /// <summary>Refuses the other value; absent is fine.</summary>
    public void Only(string name, bool supported)
    {
        if (Flag(name, supported) != supported)
        {
            throw Unsupported(name, supported ? "true" : "false");
        }
    }

    /// <summary>Refuses the field altogether, unless it is null.</summary>
    public void Never(string name)
    {
        if (Has(name))
        {
            throw Unsupported(name, "null");
        }
    }

    /// <summary>A product of sizes that must stay below 2^31: the rows of a weight, or all its values.</summary>
    public int Product(string what, params ReadOnlySpan<long> factors)
    {
        UInt128 product = 1;
        foreach (long factor in factors)
        {
            product *= (UInt128)factor; // at most four factors below 2^31 each
        }

        return product <= int.MaxValue ? (int)product : throw new InvalidDataException($"{file}: {prefix}{what}: {product} is too large, the limit is 2^31 - 1");
    }

    public InvalidDataException Missing(string name) => new($"{Place(name)}: missing");

    public InvalidDataException Expected(string name, string what) => new($"{Place(name)}: expected {what}, found {Found(name)}");

    public InvalidDataException Unsupported(string name, string supported) =>
        new($"{Place(name)}: {Found(name)} is not supported, only {supported}");

    // Names, too, can come from the file.
    private string Place(string name) => $"{file}: {prefix}{OneLine.Quote(name)}";

    private int Whole(string name, int least, int most, int? fallback)
    {
        if (!Has(name))
        {
            return fallback ?? throw Missing(name);
        }

        JsonElement value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? number
            : throw Expected(name, most == int.MaxValue ? $"a whole number of at least {least}" : $"a whole number from {least} to {most}");
    }

    private string Found(string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value))
        {
            return "nothing";
        }

        string raw = string.Join(' ', value.GetRawText().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return OneLine.Quote(raw.Length > LongestFound ? raw[..LongestFound] + "..." : raw);
    }
}
