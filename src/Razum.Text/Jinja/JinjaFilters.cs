using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Razum.Text.Jinja;

/// <summary>Filters over single values; those over sequences are in <see cref="JinjaSequences"/>.</summary>
internal static partial class JinjaFilters
{
    private static readonly Dictionary<string, Func<JinjaRun, object?, CallArguments, object?>> s_filters = new(StringComparer.Ordinal)
    {
        ["abs"] = (_, value, _) => Absolute(value),
        ["attr"] = (run, value, a) => PythonAttributes.TryAttribute(run, value, a.Text(0, "name"), out object? found) ? found
            : new Undefined($"'{PythonText.TypeName(value)} object' has no attribute '{a.Text(0, "name")}'"),
        ["capitalize"] = (run, value, _) => PythonStrings.Capitalize(run, PythonText.Str(value)),
        ["center"] = (run, value, a) => PythonStrings.Center(run, PythonText.Str(value), a.Integer(0, "width", 80), " "),
        ["default"] = (_, value, a) => Default(value, a),
        ["d"] = (_, value, a) => Default(value, a),
        ["escape"] = (run, value, _) => new MarkupValue(Escape(run, value)),
        ["e"] = (run, value, _) => new MarkupValue(Escape(run, value)),
        ["forceescape"] = (run, value, _) => new MarkupValue(Escape(run, PythonText.Str(value))),
        ["filesizeformat"] = (_, value, a) => FileSize(PythonNumbers.AsDouble(Float(value, 0.0) ?? 0.0), PythonOperators.IsTrue(a.Get(0, "binary", false))),
        ["float"] = (_, value, a) => Float(value, a.Get(0, "default", 0.0)),
        ["format"] = (run, value, a) => PythonFormat.Percent(run, PythonText.Str(value), a.Positional, a.Named.Count > 0 ? Named(a) : null),
        ["indent"] = (run, value, a) => Indent(run, PythonText.Str(value), a),
        ["int"] = (_, value, a) => Integer(value, a.Get(0, "default", 0L), (int)a.Integer(1, "base", 10)),
        ["length"] = (_, value, _) => PythonOperators.Length(value),
        ["count"] = (_, value, _) => PythonOperators.Length(value),
        ["lower"] = (run, value, _) => PythonStrings.Lower(run, PythonText.Str(value)),
        ["pprint"] = (_, value, _) => PythonText.Repr(value),
        ["replace"] = (run, value, a) => PythonStrings.Replace(run, PythonText.Str(value), PythonText.Str(a.Get(0, "old", null)),
            PythonText.Str(a.Get(1, "new", null)), a.Get(2, "count", null) is long count ? count : -1),
        ["round"] = (_, value, a) => Round(value, (int)a.Integer(0, "precision", 0), a.Text(1, "method", "common")),
        ["safe"] = (_, value, _) => new MarkupValue(PythonText.Str(value)),
        ["string"] = (_, value, _) => value is MarkupValue ? value : PythonText.Str(value),
        ["striptags"] = (run, value, _) => StripTags(run, PythonText.Str(value)),
        ["title"] = (run, value, _) => Title(run, PythonText.Str(value)),
        ["tojson"] = JsonText.Write,
        ["trim"] = (_, value, a) => PythonStrings.Trim(PythonText.Str(value), a.Get(0, "chars", null), true, true),
        ["truncate"] = (run, value, a) => Truncate(run, PythonText.Str(value), a),
        ["upper"] = (run, value, _) => PythonStrings.Upper(run, PythonText.Str(value)),
        ["urlencode"] = (run, value, _) => UrlEncode(run, value),
        ["wordcount"] = (run, value, _) => (long)Words().Count(Taken(run, PythonText.Str(value))),
        ["xmlattr"] = (run, value, _) => XmlAttributes(run, value),
    };

    /// <summary>Is there a filter of this name?</summary>
    public static bool Exists(string name) => s_filters.ContainsKey(name) || JinjaSequences.Find(name) is not null;

    public static object? Apply(JinjaRun run, string name, object? value, CallArguments arguments)
    {
        Func<JinjaRun, object?, CallArguments, object?> filter = s_filters.GetValueOrDefault(name) ?? JinjaSequences.Find(name)
            ?? throw new JinjaFault($"No filter named '{name}'.");
        if (value is not MarkupValue || name is "escape" or "e" or "string")
        {
            return filter(run, value, arguments);
        }

        object? result = filter(run, MarkupValue.Plain(value), arguments);
        return name is "trim" or "lower" or "upper" or "title" or "capitalize" or "indent" or "replace" ? new MarkupValue(PythonText.Str(result)) : result;
    }

    /// <summary><c>int(value)</c>, or what stands for it.</summary>
    public static object? Integer(object? value, object? otherwise, int radix)
    {
        PythonOperators.FailIfUndefined(value);
        switch (value)
        {
            case string text:
                string digits = text.Trim().Replace("_", "", StringComparison.Ordinal);
                if (radix != 10)
                {
                    return InRadix(digits, radix) is long parsed ? parsed : otherwise;
                }

                return digits.Length < 1000 && System.Numerics.BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    ? PythonNumbers.Small(whole)
                    : Float(text, null) is double parsedFloat && double.IsFinite(parsedFloat) ? PythonNumbers.Truncate(parsedFloat) : otherwise;
            case double number when double.IsFinite(number):
                return PythonNumbers.Truncate(number);
            case bool flag:
                return flag ? 1L : 0L;
            default:
                return PythonOperators.IsNumber(value) && value is not double ? value : otherwise;
        }
    }

    /// <summary><c>float(value)</c>, or what stands for it.</summary>
    public static object? Float(object? value, object? otherwise)
    {
        PythonOperators.FailIfUndefined(value);
        return value switch
        {
            string text => double.TryParse(text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture, out double parsed) ? parsed : otherwise,
            null => otherwise,
            _ => PythonOperators.IsNumber(value) ? PythonNumbers.AsDouble(value) : otherwise,
        };
    }

    [GeneratedRegex(@"[\w]+", RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex("<!--.*?-->|<[^>]*>", RegexOptions.NonBacktracking | RegexOptions.Singleline)]
    private static partial Regex Tags();

    [GeneratedRegex(@"([-\s({\[<])", RegexOptions.NonBacktracking)]
    private static partial Regex WordStarts();

    private static string Taken(JinjaRun run, string text)
    {
        run.Budget.Take(text.Length);
        return text;
    }

    private static DictValue Named(CallArguments arguments)
    {
        var dict = new DictValue();
        foreach ((string name, object? value) in arguments.Named)
        {
            dict.Set(name, value);
        }

        return dict;
    }

    private static object? Default(object? value, CallArguments arguments) =>
        value is Undefined || (PythonOperators.IsTrue(arguments.Get(1, "boolean", false)) && !PythonOperators.IsTrue(value)) ? arguments.Get(0, "default_value", "") : value;

    private static object? Absolute(object? value)
    {
        PythonOperators.FailIfUndefined(value);
        return value is double number ? Math.Abs(number)
            : PythonOperators.IsNumber(value) ? PythonNumbers.Small(System.Numerics.BigInteger.Abs(PythonNumbers.AsInteger(value!)))
            : throw new JinjaFault($"bad operand type for abs(): '{PythonText.TypeName(value)}'");
    }

    private static object? Round(object? value, int precision, string method)
    {
        PythonOperators.FailIfUndefined(value);
        if (!PythonOperators.IsNumber(value))
        {
            throw new JinjaFault($"type {PythonText.TypeName(value)} doesn't define __round__ method");
        }

        if (method == "common")
        {
            return value is double number ? RoundExactly(number, precision)
                : precision >= 0 ? value : PythonNumbers.Truncate(RoundExactly(PythonNumbers.AsDouble(value!), precision));
        }

        double scale = Math.Pow(10, precision), scaled = PythonNumbers.AsDouble(value!) * scale;
        return method switch
        {
            "ceil" => Math.Ceiling(scaled) / scale,
            "floor" => Math.Floor(scaled) / scale,
            _ => throw new JinjaFault("method must be common, ceil or floor"),
        };
    }

    // Python rounds the exact binary value: through its decimal digits.
    private static double RoundExactly(double number, int precision)
    {
        if (precision <= 0)
        {
            double scale = Math.Pow(10, Math.Min(-precision, 300));
            return Math.Round(number / scale, MidpointRounding.ToEven) * scale;
        }

        return precision > 15 ? number : double.Parse(number.ToString("F" + precision, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static long? InRadix(string text, int radix)
    {
        bool negative = text.StartsWith('-');
        text = text.TrimStart('-', '+').ToLowerInvariant();
        string prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "\0" };
        text = text.StartsWith(prefix, StringComparison.Ordinal) ? text[2..] : text;
        long value = 0;
        foreach (char c in text)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? c - 'a' + 10 : 99;
            if (digit >= radix || value > long.MaxValue / 64)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return text.Length == 0 ? null : negative ? -value : value;
    }

    /// <summary>HTML escapes for what is not marked as safe.</summary>
    public static string Escape(JinjaRun run, object? value)
    {
        if (value is MarkupValue markup)
        {
            return markup.Text;
        }

        string text = PythonText.Str(value);
        run.Budget.Take(text.Length * 2L);
        return text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);
    }

    private static string Indent(JinjaRun run, string text, CallArguments arguments)
    {
        string indent = arguments.Get(0, "width", 4L) switch
        {
            string s => s,
            long width => new string(' ', (int)Math.Clamp(width, 0, 10_000)),
            _ => throw new JinjaFault("indent: width must be int or str"),
        };
        bool first = PythonOperators.IsTrue(arguments.Get(1, "first", false)), blank = PythonOperators.IsTrue(arguments.Get(2, "blank", false));
        List<object?> lines = PythonStrings.Lines(run, text + "\n");
        var result = new StringBuilder();
        for (int i = 0; i < lines.Count; i++)
        {
            string line = (string)lines[i]!;
            bool isIndented = i == 0 ? first : blank || line.Length > 0;
            run.Write(result, i > 0 ? "\n" : "");
            run.Write(result, isIndented ? indent : "");
            run.Write(result, line);
        }

        return result.ToString();
    }

    private static string Title(JinjaRun run, string text)
    {
        var result = new StringBuilder();
        foreach (string part in WordStarts().Split(Taken(run, text)))
        {
            result.Append(part.Length == 0 ? "" : PythonStrings.Upper(run, part[..1]) + PythonStrings.Lower(run, part[1..]));
        }

        return result.ToString();
    }

    private static string StripTags(JinjaRun run, string text) =>
        System.Net.WebUtility.HtmlDecode(string.Join(' ', Tags().Replace(Taken(run, text), "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    private static string Truncate(JinjaRun run, string text, CallArguments arguments)
    {
        long length = arguments.Integer(0, "length", 255), leeway = arguments.Get(3, "leeway", null) is long l ? l : 5;
        string end = arguments.Text(2, "end", "...");
        if (CodePoints.Count(text) <= length + leeway)
        {
            return text;
        }

        var cut = (string)PythonAttributes.Slice(run, text, null, Math.Max(0, length - CodePoints.Count(end)), null)!;
        int blank = cut.LastIndexOf(' ');
        return (PythonOperators.IsTrue(arguments.Get(1, "killwords", false)) || blank < 0 ? cut : cut[..blank]) + end;
    }

    private static string FileSize(double bytes, bool binary)
    {
        double unit = binary ? 1024 : 1000;
        string[] prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        if (bytes < unit)
        {
            return bytes == 1 ? "1 Byte" : $"{(long)bytes} Bytes";
        }

        int i = 0;
        double scale = unit;
        for (; i + 1 < prefixes.Length && bytes >= scale * unit; i++)
        {
            scale *= unit;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes / scale:F1} {(binary ? prefixes[i].ToUpperInvariant() + "i" : prefixes[i])}B");
    }

    private static string UrlEncode(JinjaRun run, object? value)
    {
        if (value is string or null or bool or long or double)
        {
            return Quote(PythonText.Str(value), keepSlash: true);
        }

        IEnumerable<(object? Key, object? Value)> items = value is DictValue dict ? dict.Items
            : PythonOperators.Iterate(run, value).Select(item => PythonOperators.Iterate(run, item)).Where(pair => pair.Count == 2).Select(pair => (pair[0], pair[1]));
        return string.Join('&', items.Select(item => $"{Quote(PythonText.Str(item.Key), false)}={Quote(PythonText.Str(item.Value), false)}"));

        string Quote(string text, bool keepSlash)
        {
            run.Budget.Take(text.Length * 3L);
            string quoted = Uri.EscapeDataString(text);
            return keepSlash ? quoted.Replace("%2F", "/", StringComparison.Ordinal) : quoted.Replace("%20", "+", StringComparison.Ordinal);
        }
    }

    private static string XmlAttributes(JinjaRun run, object? value)
    {
        if (value is not DictValue dict)
        {
            throw new JinjaFault("xmlattr needs a mapping");
        }

        string text = string.Join(' ', dict.Items.Where(i => i.Value is not (null or Undefined)).Select(i => $"{Escape(run, PythonText.Str(i.Key))}=\"{Escape(run, PythonText.Str(i.Value))}\""));
        return text.Length > 0 ? " " + text : text;
    }
}
