using System.Globalization;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>Python's <c>'%s' % x</c> and <c>'{}'.format(x)</c>; fields reach no attributes.</summary>
internal static class PythonFormat
{
    private const int MaxWidth = 100_000;

    public static string Percent(JinjaRun run, string format, IReadOnlyList<object?> values, DictValue? named = null)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            string? key = null;
            if (i + 1 < format.Length && format[i + 1] == '(')
            {
                int close = format.IndexOf(')', i);
                key = close > 0 ? format[(i + 2)..close] : throw new JinjaFault("incomplete format key");
                i = close;
            }

            int start = ++i;
            while (i < format.Length && (format[i] is '-' or '+' or ' ' or '#' or '.' || char.IsAsciiDigit(format[i])))
            {
                i++;
            }

            if (i >= format.Length)
            {
                throw new JinjaFault("incomplete format");
            }

            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }

            object? value = key is not null ? (named is not null && named.TryGet(key, out object? item) ? item : throw new JinjaFault($"'{key}'"))
                : next < values.Count ? values[next++] : throw new JinjaFault("not enough arguments for format string");
            run.Write(text, Field(value, format[start..i], format[i]));
        }

        return next >= values.Count || named is not null ? text.ToString() : throw new JinjaFault("not all arguments converted during string formatting");
    }

    public static string Braces(JinjaRun run, string format, CallArguments arguments)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw new JinjaFault("Single '}' encountered in format string");
            }
            else if (c != '{')
            {
                text.Append(c);
            }
            else
            {
                int close = format.IndexOf('}', i);
                string field = close > 0 ? format[(i + 1)..close] : throw new JinjaFault("expected '}' before end of string");
                string[] parts = field.Split(':', 2);
                string name = parts[0].Split('!')[0];
                object? value = name.Length == 0 ? Positional(arguments, next++)
                    : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int place) ? Positional(arguments, place)
                    : arguments.Find(name, out object? named) ? named : throw new JinjaFault($"'{name}'");
                value = parts[0].EndsWith("!r", StringComparison.Ordinal) ? PythonText.Repr(value) : value;
                run.Write(text, Specified(value, parts.Length > 1 ? parts[1] : ""));
                i = close;
            }
        }

        return text.ToString();
    }

    private static object? Positional(CallArguments arguments, int place) => place < arguments.Positional.Count ? arguments.Positional[place]
        : throw new JinjaFault("Replacement index out of range for positional args tuple");

    // [[fill]align][sign][0][width][,][.precision][type]
    private static string Specified(object? value, string spec)
    {
        if (spec.Length == 0)
        {
            return PythonText.Str(value);
        }

        char fill = ' ', align = '\0';
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
        {
            (fill, align, spec) = (spec[0], spec[1], spec[2..]);
        }
        else if (spec[0] is '<' or '>' or '^' or '=')
        {
            (align, spec) = (spec[0], spec[1..]);
        }

        bool signed = spec.StartsWith('+');
        spec = spec.TrimStart('+', '-');
        if (spec.StartsWith('0'))
        {
            (fill, align) = align == '\0' ? ('0', '=') : (fill, align);
        }

        char kind = spec.Length > 0 && (char.IsAsciiLetter(spec[^1]) || spec[^1] == '%') ? spec[^1] : '\0';
        bool grouped = spec.Contains(',', StringComparison.Ordinal);
        string[] numbers = spec.TrimEnd(kind).Replace(",", "", StringComparison.Ordinal).Split('.', 2);
        int width = Whole(numbers[0]), precision = numbers.Length > 1 ? Whole(numbers[1]) : -1;
        bool isNumber = value is long or double or System.Numerics.BigInteger || (value is bool && kind is not ('\0' or 's'));
        string text = isNumber ? Number(value!, kind, precision, grouped) : PythonText.Str(value) is var s && precision >= 0 && precision < s.Length ? s[..precision] : PythonText.Str(value);
        text = signed && isNumber && !text.StartsWith('-') ? "+" + text : text;
        return Pad(text, width, fill, align == '\0' ? (isNumber ? '>' : '<') : align);
    }

    private static string Field(object? value, string flags, char kind)
    {
        bool left = flags.Contains('-', StringComparison.Ordinal), signed = flags.Contains('+', StringComparison.Ordinal);
        string rest = flags.TrimStart('-', '+', ' ', '#');
        bool zero = rest.StartsWith('0') && !left;
        string[] numbers = rest.Split('.', 2);
        int width = Whole(numbers[0]), precision = numbers.Length > 1 ? Whole(numbers[1]) : -1;
        string text = kind switch
        {
            's' => Cut(PythonText.Str(value), precision),
            'r' or 'a' => Cut(PythonText.Repr(value), precision),
            'c' => value is string s ? s : char.ConvertFromUtf32((int)Math.Clamp(value is long code ? code : 0, 0, 0xD7FF)),
            'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G' => PythonOperators.IsNumber(value)
                ? Number(value!, kind is 'i' or 'u' ? 'd' : kind, precision, grouped: false)
                : throw new JinjaFault($"%{kind} format: a real number is required, not {PythonText.TypeName(value)}"),
            _ => throw new JinjaFault($"unsupported format character '{kind}'"),
        };
        text = signed && kind is not ('s' or 'r' or 'c') && !text.StartsWith('-') ? "+" + text : text;
        return Pad(text, width, zero && kind is not ('s' or 'r' or 'c') ? '0' : ' ', left ? '<' : zero ? '=' : '>');
    }

    private static string Cut(string text, int length) => length >= 0 && length < text.Length ? text[..length] : text;

    private static int Whole(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= MaxWidth ? value
        : throw new JinjaFault($"'{text}' is no width or precision up to {MaxWidth}");

    private static string Number(object value, char kind, int precision, bool grouped)
    {
        string group = grouped ? "N" : "F";
        return kind switch
        {
            'd' or 'n' when value is double number => PythonText.Str(PythonNumbers.Truncate(number)),
            'd' => PythonNumbers.AsInteger(value).ToString(grouped ? "N0" : "D", CultureInfo.InvariantCulture),
            '\0' when value is not double => PythonNumbers.AsInteger(value).ToString(grouped ? "N0" : "D", CultureInfo.InvariantCulture),
            'x' or 'X' or 'o' or 'b' when value is double => throw new JinjaFault($"format '{kind}': an integer is required, not float"),
            'x' or 'X' or 'o' or 'b' => Radix(PythonNumbers.AsInteger(value), kind),
            'f' or 'F' => PythonNumbers.AsDouble(value).ToString(group + (precision < 0 ? 6 : precision), CultureInfo.InvariantCulture),
            '%' => (PythonNumbers.AsDouble(value) * 100).ToString(group + (precision < 0 ? 6 : precision), CultureInfo.InvariantCulture) + "%",
            'e' or 'E' => Scientific(PythonNumbers.AsDouble(value), kind, precision < 0 ? 6 : precision),
            '\0' when precision < 0 => PythonText.Float(PythonNumbers.AsDouble(value)),
            _ => PythonNumbers.AsDouble(value).ToString("G" + (precision < 0 ? 6 : Math.Max(precision, 1)), CultureInfo.InvariantCulture),
        };
    }

    private static string Scientific(double value, char kind, int precision)
    {
        string[] parts = value.ToString((kind == 'e' ? "e" : "E") + precision, CultureInfo.InvariantCulture).Split(kind);
        return parts.Length < 2 ? parts[0] : $"{parts[0]}{kind}{parts[1][0]}{parts[1][1..].TrimStart('0').PadLeft(2, '0')}";
    }

    private static string Radix(System.Numerics.BigInteger value, char kind)
    {
        bool negative = value.Sign < 0;
        value = System.Numerics.BigInteger.Abs(value);
        int radix = kind switch { 'o' => 8, 'b' => 2, _ => 16 };
        var digits = new StringBuilder();
        do
        {
            digits.Insert(0, "0123456789abcdef"[(int)(value % radix)]);
            value /= radix;
        }
        while (!value.IsZero);
        string text = (negative ? "-" : "") + digits;
        return kind == 'X' ? text.ToUpperInvariant() : text;
    }

    private static string Pad(string text, int width, char fill, char align)
    {
        int missing = width - CodePoints.Count(text);
        if (missing <= 0)
        {
            return text;
        }

        int sign = align == '=' && text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        return align switch
        {
            '<' => text + new string(fill, missing),
            '^' => new string(fill, missing / 2) + text + new string(fill, missing - (missing / 2)),
            '=' => text[..sign] + new string(fill, missing) + text[sign..],
            _ => new string(fill, missing) + text,
        };
    }
}
