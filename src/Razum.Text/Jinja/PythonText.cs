using System.Globalization;
using System.Numerics;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>Values as text, as Python prints them.</summary>
internal static class PythonText
{
    private const int MaxNesting = 200;

    /// <summary><c>str(value)</c></summary>
    public static string Str(object? value) => value switch
    {
        string text => text,
        Undefined => "",
        MarkupValue markup => markup.Text,
        _ => Repr(value),
    };

    /// <summary><c>repr(value)</c></summary>
    public static string Repr(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.ToString();
    }

    /// <summary>The name of a value's type in messages.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string or MarkupValue => "str",
        List<object?> => "list",
        TupleValue or GroupValue => "tuple",
        DictValue => "dict",
        Undefined => "Undefined",
        RangeValue => "range",
        GeneratorValue => "generator",
        ViewValue view => view.Name,
        BytesValue => "bytes",
        NamespaceValue => "Namespace",
        CallableValue => "function",
        ObjectValue item => item.TypeName,
        _ => value.GetType().Name,
    };

    /// <summary>A float by the shortest digits that read back the same; scientific from 1e16 and below 1e-4.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int scientific = shortest.IndexOf('E', StringComparison.Ordinal);
        string plain = scientific < 0 ? shortest : shortest[..scientific];
        string digits = plain.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        if (digits.Length == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        int point = plain.IndexOf('.', StringComparison.Ordinal) is int dot and >= 0 ? dot : plain.Length;
        int exponent = scientific >= 0 ? int.Parse(shortest.AsSpan(scientific + 1), CultureInfo.InvariantCulture)
            : plain[0] != '0' ? point - 1 : 1 - plain.AsSpan().IndexOfAnyInRange('1', '9');
        string sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        return exponent < 0 ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static void Append(StringBuilder text, object? value, int depth)
    {
        if (depth > MaxNesting || text.Length > JinjaBudget.MaxUnits / 4)
        {
            throw new JinjaFault("a value is nested too deep or too long to print");
        }

        switch (value)
        {
            case null:
                text.Append("None");
                break;
            case bool flag:
                text.Append(flag ? "True" : "False");
                break;
            case long or BigInteger:
                text.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
            case double number:
                text.Append(Float(number));
                break;
            case string s:
                AppendQuoted(text, s);
                break;
            case List<object?> list:
                AppendItems(text, '[', list, ']', depth);
                break;
            case TupleValue { Items.Length: 1 } single:
                text.Append('(');
                Append(text, single.Items[0], depth + 1);
                text.Append(",)");
                break;
            case TupleValue tuple:
                AppendItems(text, '(', tuple.Items, ')', depth);
                break;
            case GroupValue group:
                AppendItems(text, '(', [group.Grouper, group.Members], ')', depth);
                break;
            case DictValue dict:
                AppendDict(text, dict, depth);
                break;
            case ViewValue view:
                text.Append(view.Name).Append('(');
                Append(text, view.Items, depth + 1);
                text.Append(')');
                break;
            case RangeValue range:
                text.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}{(range.Step == 1 ? "" : $", {range.Step}")})");
                break;
            case BytesValue bytes:
                AppendBytes(text, bytes.Items);
                break;
            case MarkupValue markup:
                text.Append("Markup(");
                AppendQuoted(text, markup.Text);
                text.Append(')');
                break;
            case NamespaceValue:
                text.Append("<Namespace>");
                break;
            case CallableValue function:
                text.Append("<function ").Append(function.Name).Append('>');
                break;
            default:
                text.Append(value is Undefined ? "Undefined" : $"<{TypeName(value)}>");
                break;
        }
    }

    private static void AppendItems(StringBuilder text, char open, IReadOnlyList<object?> items, char close, int depth)
    {
        text.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Append(text, items[i], depth + 1);
        }

        text.Append(close);
    }

    private static void AppendDict(StringBuilder text, DictValue dict, int depth)
    {
        text.Append('{');
        bool behind = false;
        foreach ((object? key, object? item) in dict.Items)
        {
            text.Append(behind ? ", " : "");
            Append(text, key, depth + 1);
            text.Append(": ");
            Append(text, item, depth + 1);
            behind = true;
        }

        text.Append('}');
    }

    private static void AppendBytes(StringBuilder text, byte[] bytes)
    {
        text.Append("b'");
        foreach (byte b in bytes)
        {
            text.Append(b is >= 0x20 and < 0x7F and not (byte)'\'' and not (byte)'\\' ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        text.Append('\'');
    }

    // In single quotes unless only those are inside; what cannot be printed is escaped.
    private static void AppendQuoted(StringBuilder text, string value)
    {
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c == quote || c == '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c is '\n' or '\r' or '\t')
            {
                text.Append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
            }
            else if (c is < ' ' or '\x7F')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                bool prints = IsPrintable(CharUnicodeInfo.GetUnicodeCategory(value, i));
                text.Append(prints ? value.Substring(i, 2) : string.Create(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(c, value[i + 1]):x8}"));
                i++;
            }
            else if (c > '\x7F' && !IsPrintable(CharUnicodeInfo.GetUnicodeCategory(c)))
            {
                text.Append(c <= 0xFF ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}") : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
            }
            else
            {
                text.Append(c);
            }
        }

        text.Append(quote);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
