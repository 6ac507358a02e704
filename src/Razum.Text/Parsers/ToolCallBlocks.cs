using System.Text.Json;

namespace Razum.Text.Parsers;

/// <summary>One way of writing calls: the tags around a block and how its inside is read.</summary>
internal sealed class ToolCallBlocks
{
    private const string Blanks = " \t\r\n";

    private readonly ToolCallFormat _format;

    private ToolCallBlocks(ToolCallFormat format, string open, string close, params string[] inner) =>
        (_format, Open, Close, Tags) = (format, open, close, [open, .. inner, .. close.Length > 0 ? [close] : (string[])[]]);

    public string Open { get; }

    public string Close { get; }

    /// <summary>All tags of the format, each a token of its own in the vocabularies that know it.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>The calls are the whole answer; <see cref="Open"/> may stand before them.</summary>
    public bool IsWhole => _format == ToolCallFormat.Llama3Json;

    public static ToolCallBlocks? For(ToolCallFormat format) => format switch
    {
        ToolCallFormat.None => null,
        ToolCallFormat.DeepSeekV3 or ToolCallFormat.DeepSeekV31 => new ToolCallBlocks(
            format, "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
        ToolCallFormat.Hermes => new ToolCallBlocks(format, "<tool_call>", "</tool_call>"),
        ToolCallFormat.Llama3Json => new ToolCallBlocks(format, "<|python_tag|>", ""),
        ToolCallFormat.KimiK2 => new ToolCallBlocks(
            format, "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Where a block closes, -1 = not yet.</summary>
    public int FindClose(string text, int body)
    {
        if (_format != ToolCallFormat.Hermes)
        {
            return text.IndexOf(Close, body, StringComparison.Ordinal);
        }

        // A tag inside of a JSON string does not close; where the JSON is none, the first tag does.
        int first = text.IndexOf(Close, body, StringComparison.Ordinal);
        if (first < 0)
        {
            return -1;
        }

        int end = EndOfValue(text, body);
        return end < 0 || end > text.Length ? IsOpenValue(text, body) ? -1 : first : text.IndexOf(Close, end, StringComparison.Ordinal);
    }

    /// <summary>The calls in the inside of a block; null or none if it cannot be understood. Calls that are cut off are left out.</summary>
    public List<ToolCall>? Read(string body) => _format switch
    {
        ToolCallFormat.Hermes => ReadObject(body.AsSpan().Trim(Blanks).ToString()) is ToolCall call ? [call] : null,
        ToolCallFormat.Llama3Json => ReadWhole(body),
        ToolCallFormat.KimiK2 => ReadParts(body, "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        _ => ReadParts(body, "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
    };

    private List<ToolCall> ReadParts(string body, string begin, string separator, string end)
    {
        var calls = new List<ToolCall>();
        for (int at = body.IndexOf(begin, StringComparison.Ordinal); at >= 0;)
        {
            int start = at + begin.Length;
            int close = body.IndexOf(end, start, StringComparison.Ordinal);
            string part = close < 0 ? body[start..] : body[start..close];
            int cut = part.IndexOf(separator, StringComparison.Ordinal);
            if (cut >= 0 && ReadPart(part[..cut], part[(cut + separator.Length)..], isClosed: close >= 0) is ToolCall call)
            {
                calls.Add(call);
            }

            at = close < 0 ? -1 : body.IndexOf(begin, close, StringComparison.Ordinal);
        }

        return calls;
    }

    private ToolCall? ReadPart(string head, string rest, bool isClosed)
    {
        head = head.AsSpan().Trim(Blanks).ToString();
        rest = rest.AsSpan().Trim(Blanks).ToString();
        if (_format == ToolCallFormat.DeepSeekV3)
        {
            int line = rest.IndexOf('\n', StringComparison.Ordinal);
            head = line < 0 ? "" : rest[..line].Trim();
            rest = line < 0 ? "" : rest[(line + 1)..].AsSpan().Trim(Blanks).ToString();
            bool isFenced = rest.StartsWith("```json", StringComparison.Ordinal) && rest.EndsWith("```", StringComparison.Ordinal) && rest.Length >= 10;
            if (!isFenced)
            {
                return null;
            }

            rest = rest[7..^3].AsSpan().Trim(Blanks).ToString();
        }

        if (head.Length == 0 || (!isClosed && !IsJson(rest)))
        {
            return null;
        }

        if (_format != ToolCallFormat.KimiK2)
        {
            return new ToolCall(head, rest);
        }

        int colon = head.LastIndexOf(':');
        string name = colon < 0 ? head : head[..colon];
        name = name.StartsWith("functions.", StringComparison.Ordinal) ? name["functions.".Length..] : name;
        return name.Length == 0 ? null : new ToolCall(name, rest, head);
    }

    private List<ToolCall>? ReadWhole(string text)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim(Blanks);
        text = (trimmed.StartsWith(Open) ? trimmed[Open.Length..].Trim(Blanks) : trimmed).ToString();
        var calls = new List<ToolCall>();
        int at = 0;
        while (at < text.Length)
        {
            int end = EndOfValue(text, at);
            if (end < 0 || ReadObject(text[at..end]) is not ToolCall call)
            {
                return null;
            }

            calls.Add(call);
            at = SkipBlanks(text, end);
            if (at < text.Length && text[at] != ';')
            {
                return null;
            }

            at = at < text.Length ? SkipBlanks(text, at + 1) : at;
        }

        return calls;
    }

    // {"name": ..., "arguments" or "parameters": ...}; an object written inside of a string is taken out of it.
    private static ToolCall? ReadObject(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            if (!root.TryGetProperty("arguments", out JsonElement arguments) && !root.TryGetProperty("parameters", out arguments))
            {
                return new ToolCall(name.GetString()!, "{}");
            }

            string raw = arguments.GetRawText();
            if (arguments.ValueKind == JsonValueKind.String && arguments.GetString() is string inner && inner.TrimStart().StartsWith('{') && IsJson(inner))
            {
                raw = inner;
            }

            return new ToolCall(name.GetString()!, raw);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int SkipBlanks(string text, int at)
    {
        while (at < text.Length && Blanks.Contains(text[at], StringComparison.Ordinal))
        {
            at++;
        }

        return at;
    }

    // The end of the object that begins (behind blanks) at a place, by braces outside of strings; -1 = none, or it does not end.
    private static int EndOfValue(string text, int at)
    {
        at = SkipBlanks(text, at);
        if (at >= text.Length || text[at] != '{')
        {
            return -1;
        }

        int depth = 0;
        bool inText = false;
        for (int i = at; i < text.Length; i++)
        {
            char c = text[i];
            if (inText)
            {
                i += c == '\\' ? 1 : 0;
                inText = c != '"';
            }
            else if (c == '"')
            {
                inText = true;
            }
            else if (c == '{')
            {
                depth++;
            }
            else if (c == '}' && --depth == 0)
            {
                return i + 1;
            }
        }

        return -1;
    }

    // Might more text still complete the object? Only while the first closing tag stands inside of a string of it.
    private bool IsOpenValue(string text, int body)
    {
        int close = text.IndexOf(Close, body, StringComparison.Ordinal);
        int at = SkipBlanks(text, body);
        bool inText = false;
        for (int i = at; i < close; i++)
        {
            i += inText && text[i] == '\\' ? 1 : 0;
            inText ^= text[i] == '"';
        }

        return at < text.Length && text[at] == '{' && inText;
    }
}
