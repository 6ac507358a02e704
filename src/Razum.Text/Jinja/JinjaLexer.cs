using System.Globalization;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>
/// Cuts a template into tokens, with the settings of published chat templates: <c>trim_blocks</c> (a line feed behind a block or comment goes) and
/// <c>lstrip_blocks</c> (blanks between the start of a line and a block or comment go), and one line feed at the end of the template goes.
/// <c>-</c> at a tag drops all blanks on that side, <c>+</c> none.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] s_operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly List<JinjaToken> _tokens = [];
    private readonly Stack<char> _open = [];
    private int _at;
    private bool _lineStarts = true; // the last tag ended a line

    private JinjaLexer(string source) => Source = source;

    /// <summary>The text with every line break as LF, which positions count in.</summary>
    public string Source { get; }

    public static (string Source, List<JinjaToken> Tokens) Read(string template)
    {
        string source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new JinjaLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadRoot();
        lexer._tokens.Add(new JinjaToken(JinjaTokenKind.End, "", lexer.Source.Length));
        return (lexer.Source, lexer._tokens);
    }

    private void ReadRoot()
    {
        while (_at < Source.Length)
        {
            int tag = NextTag(_at);
            if (tag < 0)
            {
                AddData(_at, Source.Length);
                return;
            }

            char kind = Source[tag + 1];
            char sign = tag + 2 < Source.Length && Source[tag + 2] is '-' or '+' ? Source[tag + 2] : '\0';
            AddData(_at, EndOfData(_at, tag, sign, kind));
            _at = tag + (sign == '\0' ? 2 : 3);
            if (kind == '#')
            {
                SkipComment(tag);
            }
            else if (kind == '%' && IsRaw(out int body))
            {
                _at = body;
                ReadRaw(tag);
            }
            else
            {
                ReadCode(tag, kind == '%');
            }

            _lineStarts = _at > 0 && Source[_at - 1] == '\n';
        }
    }

    private int NextTag(int from)
    {
        for (int i = Source.IndexOf('{', from); i >= 0 && i + 1 < Source.Length; i = Source.IndexOf('{', i + 1))
        {
            if (Source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void AddData(int from, int to)
    {
        if (to > from)
        {
            _tokens.Add(new JinjaToken(JinjaTokenKind.Data, Source[from..to], from));
        }
    }

    // Where the text before a tag ends, blanks stripped as the tag says.
    private int EndOfData(int from, int tag, char sign, char kind)
    {
        int end = tag;
        if (sign == '-')
        {
            while (end > from && char.IsWhiteSpace(Source[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && kind != '{')
        {
            int line = end > from ? Source.LastIndexOf('\n', end - 1, end - from) + 1 : 0;
            bool startsLine = line > 0 || _lineStarts;
            line = Math.Max(line, from);
            if (startsLine && Source.AsSpan(line, end - line).IsWhiteSpace())
            {
                end = line;
            }
        }

        return end;
    }

    private void SkipComment(int tag)
    {
        int close = Source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (close < 0)
        {
            throw new JinjaFault("Missing end of comment tag", tag);
        }

        SkipBehindTag(close + 2, close > _at ? Source[close - 1] : '\0', trims: true);
    }

    private void SkipBehindTag(int end, char sign, bool trims)
    {
        _at = end;
        if (sign == '-')
        {
            while (_at < Source.Length && char.IsWhiteSpace(Source[_at]))
            {
                _at++;
            }
        }
        else if (trims && sign != '+' && _at < Source.Length && Source[_at] == '\n')
        {
            _at++;
        }
    }

    // {% raw %}: the tag has been read up to its sign.
    private bool IsRaw(out int body)
    {
        body = SkipBlanks(_at);
        if (!Source.AsSpan(body).StartsWith("raw"))
        {
            return false;
        }

        int end = SkipBlanks(body + 3);
        bool strips = Source.AsSpan(end).StartsWith("-%}");
        if (!strips && !Source.AsSpan(end).StartsWith("%}"))
        {
            return false;
        }

        body = end + (strips ? 3 : 2);
        body = strips ? SkipBlanks(body) : body;
        return true;
    }

    private void ReadRaw(int tag)
    {
        for (int i = Source.IndexOf("{%", _at, StringComparison.Ordinal); i >= 0; i = Source.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            char sign = i + 2 < Source.Length && Source[i + 2] is '-' or '+' ? Source[i + 2] : '\0';
            int name = SkipBlanks(i + (sign == '\0' ? 2 : 3));
            if (!Source.AsSpan(name).StartsWith("endraw"))
            {
                continue;
            }

            int end = SkipBlanks(name + 6);
            char endSign = end < Source.Length && Source[end] is '-' or '+' ? Source[end] : '\0';
            end += endSign == '\0' ? 0 : 1;
            if (Source.AsSpan(end).StartsWith("%}"))
            {
                _lineStarts = _at > 0 && Source[_at - 1] == '\n';
                AddData(_at, EndOfData(_at, i, sign, '%'));
                SkipBehindTag(end + 2, endSign, trims: true);
                return;
            }
        }

        throw new JinjaFault("Missing end of raw directive", tag);
    }

    private int SkipBlanks(int at)
    {
        while (at < Source.Length && char.IsWhiteSpace(Source[at]))
        {
            at++;
        }

        return at;
    }

    private void ReadCode(int tag, bool isBlock)
    {
        _open.Clear();
        _tokens.Add(new JinjaToken(isBlock ? JinjaTokenKind.BlockBegin : JinjaTokenKind.VariableBegin, "", tag));
        string close = isBlock ? "%}" : "}}";
        while (true)
        {
            _at = SkipBlanks(_at);
            ReadOnlySpan<char> rest = Source.AsSpan(_at);
            if (rest.IsEmpty)
            {
                return; // the parser tells what is missing
            }

            bool signed = rest[0] == '-' || (isBlock && rest[0] == '+');
            if (_open.Count == 0 && rest[(signed ? 1 : 0)..].StartsWith(close))
            {
                _tokens.Add(new JinjaToken(isBlock ? JinjaTokenKind.BlockEnd : JinjaTokenKind.VariableEnd, "", _at));
                SkipBehindTag(_at + (signed ? 3 : 2), signed ? rest[0] : '\0', trims: isBlock);
                return;
            }

            ReadToken(rest);
        }
    }

    private void ReadToken(ReadOnlySpan<char> rest)
    {
        int start = _at;
        if (char.IsAsciiDigit(rest[0]))
        {
            ReadNumber();
        }
        else if (IsNamePart(rest[0]))
        {
            while (_at < Source.Length && IsNamePart(Source[_at]))
            {
                _at++;
            }

            _tokens.Add(new JinjaToken(JinjaTokenKind.Name, Source[start.._at], start));
        }
        else if (rest[0] is '\'' or '"')
        {
            ReadText(rest[0]);
        }
        else
        {
            ReadOperator(rest);
        }
    }

    private void ReadOperator(ReadOnlySpan<char> rest)
    {
        foreach (string text in s_operators)
        {
            if (!rest.StartsWith(text))
            {
                continue;
            }

            switch (text)
            {
                case "(" or "[" or "{":
                    _open.Push(text == "(" ? ')' : text == "[" ? ']' : '}');
                    break;
                case ")" or "]" or "}" when _open.Count == 0:
                    throw new JinjaFault($"unexpected '{text}'", _at);
                case ")" or "]" or "}" when _open.Pop() is char expected && expected != text[0]:
                    throw new JinjaFault($"unexpected '{text}', expected '{expected}'", _at);
                default:
                    break;
            }

            _tokens.Add(new JinjaToken(JinjaTokenKind.Operator, text, _at));
            _at += text.Length;
            return;
        }

        throw new JinjaFault($"unexpected char '{rest[0]}'", _at);
    }

    private static bool IsNamePart(char c) => c == '_' || char.IsLetterOrDigit(c) || char.IsSurrogate(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    // Prefixed integers, decimal ones with underscores, and floats; behind a point only an integer (items.0.1).
    private void ReadNumber()
    {
        int start = _at;
        bool behindPoint = start > 0 && Source[start - 1] == '.';
        if (Source[start] == '0' && start + 1 < Source.Length && char.ToLowerInvariant(Source[start + 1]) is 'x' or 'b' or 'o')
        {
            _at += 2;
            while (_at < Source.Length && (char.IsAsciiHexDigit(Source[_at]) || Source[_at] == '_'))
            {
                _at++;
            }

            _tokens.Add(new JinjaToken(JinjaTokenKind.Integer, Source[start.._at].Replace("_", "", StringComparison.Ordinal), start));
            return;
        }

        SkipDigits();
        bool isFloat = false;
        if (!behindPoint && _at + 1 < Source.Length && Source[_at] == '.' && char.IsAsciiDigit(Source[_at + 1]))
        {
            isFloat = true;
            _at++;
            SkipDigits();
        }

        if (!behindPoint && _at < Source.Length && Source[_at] is 'e' or 'E')
        {
            int digits = _at + (_at + 1 < Source.Length && Source[_at + 1] is '+' or '-' ? 2 : 1);
            if (digits < Source.Length && char.IsAsciiDigit(Source[digits]))
            {
                isFloat = true;
                _at = digits;
                SkipDigits();
            }
        }

        string text = Source[start.._at].Replace("_", "", StringComparison.Ordinal);
        _tokens.Add(new JinjaToken(isFloat ? JinjaTokenKind.Float : JinjaTokenKind.Integer, text, start));
    }

    private void SkipDigits()
    {
        while (_at < Source.Length && (char.IsAsciiDigit(Source[_at])
            || (Source[_at] == '_' && _at + 1 < Source.Length && char.IsAsciiDigit(Source[_at + 1]))))
        {
            _at++;
        }
    }

    private void ReadText(char quote)
    {
        int start = _at;
        var text = new StringBuilder();
        for (_at++; _at < Source.Length; _at++)
        {
            char c = Source[_at];
            if (c == quote)
            {
                _at++;
                _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text.ToString(), start));
                return;
            }

            if (c != '\\')
            {
                text.Append(c);
            }
            else if (++_at < Source.Length)
            {
                ReadEscape(text, start);
            }
        }

        throw new JinjaFault($"unexpected char {(quote == '"' ? "'\"'" : "\"'\"")} at {start}", start);
    }

    // Python's escapes; an unknown one stays as it is.
    private void ReadEscape(StringBuilder text, int start)
    {
        const string letters = "abfnrtv\\'\"";
        const string meanings = "\a\b\f\n\r\t\v\\'\"";
        char c = Source[_at];
        int known = letters.IndexOf(c, StringComparison.Ordinal);
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (known >= 0)
        {
            text.Append(meanings[known]);
        }
        else if (c == '\n')
        {
            return;
        }
        else if (digits > 0)
        {
            if (_at + digits >= Source.Length || !int.TryParse(Source.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
                || value is < 0 or > 0x10FFFF)
            {
                throw new JinjaFault($"truncated \\{c} escape", start);
            }

            text.Append(value > 0xFFFF ? char.ConvertFromUtf32(value) : ((char)value).ToString());
            _at += digits;
        }
        else if (c is >= '0' and <= '7')
        {
            int value = 0, n = 0;
            for (; n < 3 && _at + n < Source.Length && Source[_at + n] is >= '0' and <= '7'; n++)
            {
                value = (value * 8) + Source[_at + n] - '0';
            }

            text.Append((char)value);
            _at += n - 1;
        }
        else
        {
            text.Append('\\').Append(c);
        }
    }
}
