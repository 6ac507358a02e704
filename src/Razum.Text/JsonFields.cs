using System.Text.Json;

namespace Razum.Text;

/// <summary>One object of a JSON file with the name of the file and its path in it, so that every fault is told with where it is.</summary>
internal readonly struct JsonFields(string file, string path, JsonElement element)
{
    private readonly JsonElement _element = element;

    public string File { get; } = file;

    public string Path { get; } = path;

    /// <summary>Reads a file whose root is an object.</summary>
    /// <exception cref="InvalidDataException">It is not, or <paramref name="read"/> finds a fault.</exception>
    public static T Read<T>(string file, Func<JsonFields, T> read)
    {
        return Parse(file, System.IO.File.ReadAllBytes(file), read);
    }

    /// <summary>The same for text in memory; <paramref name="file"/> stands for it in messages.</summary>
    public static T Parse<T>(string file, byte[] bytes, Func<JsonFields, T> read)
    {
        ReadOnlyMemory<byte> body = bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes.AsMemory(3) : bytes;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(new JsonFields(file, "", document.RootElement))
                : throw new InvalidDataException($"{file}: the root is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: not valid JSON at line {(e.LineNumber ?? 0) + 1}, byte {e.BytePositionInLine ?? 0} of it");
        }
        catch (InvalidOperationException)
        {
            // What JsonElement says to invalid UTF-8 and to half a surrogate pair.
            throw new InvalidDataException($"{file}: a string in it is not valid Unicode");
        }
    }

    public InvalidDataException Fault(string name, string fault) => new($"{File}: {Printable($"{(Path.Length == 0 || name.Length == 0 ? Path + name : $"{Path}.{name}")}: {fault}")}");

    /// <summary>The value of a field; null when it is absent or null.</summary>
    public JsonElement? Find(string name) =>
        _element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The names of the fields.</summary>
    public IEnumerable<string> Names() => _element.EnumerateObject().Select(property => property.Name);

    public JsonFields? Object(string name) => Find(name) is not JsonElement value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(File, Path.Length == 0 ? name : $"{Path}.{name}", value)
        : throw Fault(name, "not an object");

    public JsonFields RequiredObject(string name) => Object(name) ?? throw Fault(name, "missing");

    public string? Text(string name) => Find(name) is not JsonElement value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Fault(name, "not a string");

    public string RequiredText(string name) => Text(name) ?? throw Fault(name, "missing");

    public bool Flag(string name, bool otherwise) => Find(name)?.ValueKind switch
    {
        null => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault(name, "neither true nor false"),
    };

    /// <summary>The objects of an array field; none when it is absent.</summary>
    public IEnumerable<JsonFields> Objects(string name)
    {
        if (Find(name) is not JsonElement array)
        {
            yield break;
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw Fault(name, "not an array");
        }

        string path = Path.Length == 0 ? name : $"{Path}.{name}";
        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object
                ? new JsonFields(File, $"{path}[{index++}]", item)
                : throw Fault($"{name}[{index}]", "not an object");
        }
    }

    /// <summary>A token id: a whole number that an array can be sized by.</summary>
    public int TokenId(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and < MaxTokens
            ? id
            : throw Fault(name, $"{value.GetRawText()} is not a token id (0 to {MaxTokens - 1})");

    /// <summary>Ids are below this.</summary>
    public const int MaxTokens = 1 << 24; // far above every published vocabulary

    /// <summary>Text of a file as part of a message: control characters stand there as patterns write them.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => c switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        _ => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString(),
    }));
}
