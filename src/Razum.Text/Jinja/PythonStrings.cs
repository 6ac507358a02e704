using System.Globalization;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>The methods of Python's str that a template may call.</summary>
internal static class PythonStrings
{
    private static readonly Dictionary<string, Func<JinjaRun, string, CallArguments, object?>> s_methods = new(StringComparer.Ordinal)
    {
        ["split"] = (run, text, a) => Split(run, text, a, fromRight: false),
        ["rsplit"] = (run, text, a) => Split(run, text, a, fromRight: true),
        ["splitlines"] = (run, text, _) => Lines(run, text),
        ["strip"] = (_, text, a) => Trim(text, a.Get(0, "chars", null), true, true),
        ["lstrip"] = (_, text, a) => Trim(text, a.Get(0, "chars", null), true, false),
        ["rstrip"] = (_, text, a) => Trim(text, a.Get(0, "chars", null), false, true),
        ["startswith"] = (_, text, a) => HasAffix(a, text[Start(text, a)..].StartsWith),
        ["endswith"] = (_, text, a) => HasAffix(a, text[Start(text, a)..].EndsWith),
        ["find"] = (_, text, a) => (long)CodePoints.Before(text, text.IndexOf(a.Text(0, "sub"), Start(text, a), StringComparison.Ordinal)),
        ["rfind"] = (_, text, a) => (long)CodePoints.Before(text, LastIndex(text, a.Text(0, "sub"))),
        ["index"] = (_, text, a) => Index(text, text.IndexOf(a.Text(0, "sub"), Start(text, a), StringComparison.Ordinal)),
        ["rindex"] = (_, text, a) => Index(text, LastIndex(text, a.Text(0, "sub"))),
        ["count"] = (_, text, a) => Count(text, a.Text(0, "sub")),
        ["replace"] = (run, text, a) => Replace(run, text, a.Text(0, "old"), a.Text(1, "new"), a.Integer(2, "count", -1)),
        ["upper"] = (run, text, _) => Upper(run, text),
        ["lower"] = (run, text, _) => Lower(run, text),
        ["casefold"] = (run, text, _) => Lower(run, text.Replace("ß", "ss", StringComparison.Ordinal)),
        ["title"] = (run, text, _) => Title(run, text),
        ["capitalize"] = (run, text, _) => Capitalize(run, text),
        ["swapcase"] = (run, text, _) => Map(run, text, r => Rune.IsUpper(r) ? Rune.ToLowerInvariant(r) : Rune.ToUpperInvariant(r)),
        ["join"] = (run, text, a) => Join(run, text, PythonOperators.Iterate(run, a.Get(0, "iterable", null)), mustBeText: true),
        ["format"] = (run, text, a) => PythonFormat.Braces(run, text, a),
        ["isdigit"] = (_, text, _) => All(text, r => Rune.IsDigit(r) || Rune.GetUnicodeCategory(r) == UnicodeCategory.OtherNumber && Rune.GetNumericValue(r) is >= 0 and < 10),
        ["isdecimal"] = (_, text, _) => All(text, Rune.IsDigit),
        ["isnumeric"] = (_, text, _) => All(text, Rune.IsNumber),
        ["isalpha"] = (_, text, _) => All(text, Rune.IsLetter),
        ["isalnum"] = (_, text, _) => All(text, r => Rune.IsLetter(r) || Rune.IsNumber(r)),
        ["isspace"] = (_, text, _) => All(text, Rune.IsWhiteSpace),
        ["isupper"] = (_, text, _) => IsCased(text, Rune.IsUpper, Rune.IsLower),
        ["islower"] = (_, text, _) => IsCased(text, Rune.IsLower, Rune.IsUpper),
        ["istitle"] = (run, text, _) => text.EnumerateRunes().Any(Rune.IsLetter) && Title(run, text) == text,
        ["isidentifier"] = (_, text, _) => text.Length > 0 && !char.IsDigit(text[0]) && text.EnumerateRunes().All(r => r.Value == '_' || Rune.IsLetterOrDigit(r)),
        ["isascii"] = (_, text, _) => System.Text.Ascii.IsValid(text),
        ["zfill"] = (run, text, a) => ZeroFill(run, text, a.Integer(0, "width", 0)),
        ["ljust"] = (run, text, a) => text + Fill(run, text, a),
        ["rjust"] = (run, text, a) => Fill(run, text, a) + text,
        ["center"] = (run, text, a) => Center(run, text, a.Integer(0, "width", 0), a.Text(1, "fillchar", " ")),
        ["partition"] = (_, text, a) => Partition(text, a.Text(0, "sep"), fromRight: false),
        ["rpartition"] = (_, text, a) => Partition(text, a.Text(0, "sep"), fromRight: true),
        ["removeprefix"] = (_, text, a) => text.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? text[a.Text(0, "prefix").Length..] : text,
        ["removesuffix"] = (_, text, a) => text.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^a.Text(0, "suffix").Length] : text,
        ["encode"] = (run, text, _) => Encode(run, text),
        ["expandtabs"] = (run, text, a) => Replace(run, text, "\t", new string(' ', (int)Math.Clamp(a.Integer(0, "tabsize", 8), 0, 1000)), -1),
    };

    public static Func<JinjaRun, string, CallArguments, object?>? Find(string name) => s_methods.GetValueOrDefault(name);

    public static string Trim(string text, object? characters, bool atStart, bool atEnd)
    {
        string? set = characters switch
        {
            null => null,
            string s => s,
            _ => throw new JinjaFault("strip arg must be None or str"),
        };
        ReadOnlySpan<char> rest = text;
        if (set is null || CodePoints.AreUnits(set))
        {
            rest = atStart ? (set is null ? rest.TrimStart() : rest.TrimStart(set.Length == 0 ? default : set)) : rest;
            rest = atEnd ? (set is null ? rest.TrimEnd() : rest.TrimEnd(set.Length == 0 ? default : set)) : rest;
            return set?.Length == 0 ? text : rest.ToString();
        }

        Rune[] runes = [.. set.EnumerateRunes()];
        List<Rune> all = [.. text.EnumerateRunes()];
        int from = atStart ? Math.Max(all.FindIndex(r => !runes.Contains(r)), 0) : 0;
        int to = atEnd ? all.FindLastIndex(r => !runes.Contains(r)) + 1 : all.Count;
        return all.TrueForAll(runes.Contains) ? "" : string.Concat(all[from..to]);
    }

    public static string Replace(JinjaRun run, string text, string old, string by, long count)
    {
        long found = old.Length == 0 ? text.Length + 1L : Count(text, old);
        found = count < 0 ? found : Math.Min(found, count);
        run.Budget.Take(text.Length + (found * by.Length));
        if (old.Length > 0 && count < 0)
        {
            return text.Replace(old, by, StringComparison.Ordinal);
        }

        var result = new StringBuilder();
        int at = 0;
        for (long n = 0; n < found; n++)
        {
            int next = old.Length == 0 ? Math.Min(at + (n == 0 ? 0 : 1), text.Length) : text.IndexOf(old, at, StringComparison.Ordinal);
            result.Append(text, at, next - at).Append(by);
            at = next + old.Length;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    public static string Upper(JinjaRun run, string text)
    {
        string upper = Map(run, text, Rune.ToUpperInvariant);
        return upper.Contains('ß', StringComparison.Ordinal) ? upper.Replace("ß", "SS", StringComparison.Ordinal) : upper;
    }

    public static string Lower(JinjaRun run, string text) => Map(run, text, Rune.ToLowerInvariant);

    public static string Capitalize(JinjaRun run, string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        int first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        return Upper(run, text[..first]) + Lower(run, text[first..]);
    }

    public static string Join(JinjaRun run, string separator, IReadOnlyList<object?> items, bool mustBeText)
    {
        var text = new StringBuilder();
        for (int i = 0; i < items.Count; i++)
        {
            if (mustBeText && items[i] is not string)
            {
                throw new JinjaFault($"sequence item {i}: expected str instance, {PythonText.TypeName(items[i])} found");
            }

            run.Write(text, i > 0 ? separator : "");
            run.Write(text, PythonText.Str(items[i]));
        }

        return text.ToString();
    }

    public static List<object?> Lines(JinjaRun run, string text)
    {
        run.Budget.Take(text.Length);
        var lines = new List<object?>();
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r' or '\v' or '\f' or '\x1C' or '\x1D' or '\x1E' or '\x85' or '\u2028' or '\u2029')
            {
                lines.Add(text[at..i]);
                i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                at = i + 1;
            }
        }

        if (at < text.Length)
        {
            lines.Add(text[at..]);
        }

        return lines;
    }

    public static string Center(JinjaRun run, string text, long width, string fill)
    {
        long missing = Math.Max(0, width - CodePoints.Count(text));
        run.Budget.Take(missing);
        int left = (int)((missing / 2) + (missing & width & 1));
        return new string(fill[0], left) + text + new string(fill[0], (int)missing - left);
    }

    private static List<object?> Split(JinjaRun run, string text, CallArguments arguments, bool fromRight)
    {
        object? separator = arguments.Get(0, "sep", null);
        long most = arguments.Integer(1, "maxsplit", -1);
        run.Budget.Take(text.Length + 1);
        if (separator is not null and not string)
        {
            throw new JinjaFault($"must be str or None, not {PythonText.TypeName(separator)}");
        }

        if (separator is "")
        {
            throw new JinjaFault("empty separator");
        }

        string[] parts = separator is string s ? text.Split(s) : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (most < 0 || parts.Length <= most + 1)
        {
            return [.. parts];
        }

        return separator is string by ? SplitAt(parts, by, (int)most, fromRight) : SplitAtBlanks(text, (int)most, fromRight);
    }

    private static List<object?> SplitAt(string[] parts, string separator, int most, bool fromRight) => fromRight
        ? [string.Join(separator, parts[..^most]), .. parts[^most..]]
        : [.. parts[..most], string.Join(separator, parts[most..])];

    private static List<object?> SplitAtBlanks(string text, int most, bool fromRight)
    {
        var parts = new List<object?>();
        string rest = text.Trim();
        for (int n = 0; n < most; n++)
        {
            int blank = fromRight ? Enumerable.Range(0, rest.Length).LastOrDefault(i => char.IsWhiteSpace(rest[i]), -1)
                : Enumerable.Range(0, rest.Length).FirstOrDefault(i => char.IsWhiteSpace(rest[i]), -1);
            parts.Insert(fromRight ? 0 : parts.Count, fromRight ? rest[(blank + 1)..] : rest[..blank]);
            rest = fromRight ? rest[..blank].TrimEnd() : rest[blank..].TrimStart();
        }

        parts.Insert(fromRight ? 0 : parts.Count, fromRight ? text[..(text.IndexOf(rest, StringComparison.Ordinal) + rest.Length)].TrimStart() : text[text.LastIndexOf(rest, StringComparison.Ordinal)..]);
        return parts;
    }

    private static bool HasAffix(CallArguments arguments, Func<string, StringComparison, bool> has) => arguments.Get(0, "prefix", null) switch
    {
        string affix => has(affix, StringComparison.Ordinal),
        TupleValue tuple => tuple.Items.Any(item => item is string affix && has(affix, StringComparison.Ordinal)),
        var other => throw new JinjaFault($"first arg must be str or a tuple of str, not {PythonText.TypeName(other)}"),
    };

    // The second argument of find and startswith: where to begin, in code points.
    private static int Start(string text, CallArguments arguments)
    {
        long start = arguments.Integer(1, "start", 0), count = start == 0 ? 0 : CodePoints.Count(text);
        start = Math.Clamp(start < 0 ? start + count : start, 0, count);
        int at = 0;
        for (; start > 0; start--)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        }

        return at;
    }

    private static int LastIndex(string text, string part) => part.Length == 0 ? text.Length : text.LastIndexOf(part, StringComparison.Ordinal);

    private static long Index(string text, int found) => found >= 0 ? CodePoints.Before(text, found) : throw new JinjaFault("substring not found");

    private static long Count(string text, string part) => part.Length == 0 ? CodePoints.Count(text) + 1 : text.AsSpan().Count(part);

    private static string Map(JinjaRun run, string text, Func<Rune, Rune> map)
    {
        run.Budget.Take(text.Length);
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            result.Append(map(rune).ToString());
        }

        return result.ToString();
    }

    private static string Title(JinjaRun run, string text)
    {
        bool inWord = false;
        return Map(run, text, rune =>
        {
            Rune mapped = inWord ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune);
            inWord = Rune.IsLetter(rune);
            return mapped;
        });
    }

    private static bool All(string text, Func<Rune, bool> test) => text.Length > 0 && text.EnumerateRunes().All(test);

    private static bool IsCased(string text, Func<Rune, bool> has, Func<Rune, bool> hasNot)
    {
        bool found = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            found |= has(rune);
            if (hasNot(rune))
            {
                return false;
            }
        }

        return found;
    }

    private static string Fill(JinjaRun run, string text, CallArguments arguments)
    {
        long missing = Math.Max(0, arguments.Integer(0, "width", 0) - CodePoints.Count(text));
        run.Budget.Take(missing + text.Length);
        return new string(arguments.Text(1, "fillchar", " ") is { Length: > 0 } fill ? fill[0] : ' ', (int)missing);
    }

    private static string ZeroFill(JinjaRun run, string text, long width)
    {
        long missing = Math.Max(0, width - CodePoints.Count(text));
        run.Budget.Take(missing + text.Length);
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return text[..sign] + new string('0', (int)missing) + text[sign..];
    }

    private static TupleValue Partition(string text, string separator, bool fromRight)
    {
        int at = fromRight ? LastIndex(text, separator) : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new TupleValue([text[..at], separator, text[(at + separator.Length)..]])
            : fromRight ? new TupleValue(["", "", text]) : new TupleValue([text, "", ""]);
    }

    private static BytesValue Encode(JinjaRun run, string text)
    {
        run.Budget.Take(text.Length * 3L);
        return new BytesValue(Encoding.UTF8.GetBytes(text));
    }
}
