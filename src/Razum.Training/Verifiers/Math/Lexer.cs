using System.Text;
using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>Cuts an answer, in LaTeX or plain, into tokens. Characters that mean nothing in an answer are a fault: what is not understood is not judged.</summary>
internal sealed partial class Lexer
{
    /// <summary>Longest answer that is read.</summary>
    public const int MaxLength = 4000;

    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _brackets; // inside brackets a comma separates items, never thousands

    private Lexer(string text) => _text = text;

    /// <exception cref="NoValueException">Too long, or with characters that mean nothing.</exception>
    public static List<Token> Read(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new NoValueException("too long for an answer");
        }

        var plain = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            plain.Append(Notation.Characters.TryGetValue(c, out string? written) ? written : c.ToString());
        }

        Lexer lexer = new(Notation.Repair(plain.ToString()));
        while (lexer._at < lexer._text.Length)
        {
            lexer.Next();
        }

        return lexer._tokens;
    }

    private void Next()
    {
        char c = _text[_at];
        if (char.IsWhiteSpace(c) || c is '~' or '$' or '€' or '£' or Notation.Thousands)
        {
            _at++;
        }
        else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1])))
        {
            ReadNumber();
        }
        else if (char.IsAsciiLetter(c))
        {
            ReadLetters();
        }
        else if (c == '\\')
        {
            ReadCommand();
        }
        else
        {
            ReadSign(c);
        }
    }

    private void ReadSign(char c)
    {
        _at++;
        switch (c)
        {
            case '.' or '"' or '`':
                break; // the end of a sentence, quotation
            case '%':
                Add(TokenKind.Sign, "%");
                break;
            case '°' or '≤' or '≥' or '≠' or '∈' or '≈' or '∪' or '∩' or '±' or '∓' or '→' or '⇒' or '⌊' or '⌋' or '⌈' or '⌉':
            case '+' or '-' or '*' or '/' or '^' or '_' or '!' or '=' or '<' or '>' or ',' or ';' or ':' or '|' or '(' or ')' or '[' or ']' or '{' or '}' or '&' or '\'':
                _brackets = int.Max(0, _brackets + (c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0));
                Add(TokenKind.Sign, c.ToString());
                break;
            default:
                throw new NoValueException($"the character U+{(int)c:X4} has no meaning in an answer");
        }
    }

    private void ReadNumber()
    {
        Match grouped = (_brackets == 0 ? Grouped() : TightlyGrouped()).Match(_text, _at);
        var digits = new StringBuilder();
        if (grouped.Success)
        {
            digits.Append(grouped.Value.Where(char.IsAsciiDigit).ToArray());
            _at += grouped.Length;
        }
        else
        {
            TakeDigits(digits);
        }

        bool point = _at + 1 < _text.Length && _text[_at] == '.' && char.IsAsciiDigit(_text[_at + 1]);
        if (point)
        {
            digits.Append(digits.Length == 0 ? "0." : ".");
            _at++;
            TakeDigits(digits);
        }

        Match exponent = Exponent().Match(_text, _at);
        _at += exponent.Length;
        _tokens.Add(new Token(TokenKind.Number, digits + exponent.Value, point));
    }

    private void TakeDigits(StringBuilder digits)
    {
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            digits.Append(_text[_at++]);
        }
    }

    private void ReadLetters()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at]))
        {
            _at++;
        }

        string run = _text[start.._at];
        switch (run)
        {
            case "and" or "or":
                Add(TokenKind.Sign, ",");
                break;
            case "percent" or "pct" or "percentage":
                Add(TokenKind.Sign, "%");
                break;
            case "pi" or "infty":
                Add(TokenKind.Letter, run);
                break;
            case "infinity" or "oo":
                Add(TokenKind.Letter, "infty");
                break;
            case var unit when Notation.Units.Contains(unit) && _tokens.Count > 0 && _tokens[^1].Kind == TokenKind.Number:
                Add(TokenKind.Text, unit);
                break;
            default:
                if (run.Length > 1 && Notation.Functions.TryGetValue(run, out string? function) && function is not ("frac" or "sum" or "prod" or "int" or "lim" or "binom"))
                {
                    Add(TokenKind.Function, function);
                    break;
                }

                foreach (char letter in run)
                {
                    Add(TokenKind.Letter, letter.ToString());
                }

                break;
        }
    }

    private void ReadCommand()
    {
        _at++;
        if (_at >= _text.Length || !char.IsAsciiLetter(_text[_at]))
        {
            ReadEscape();
            return;
        }

        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at]))
        {
            _at++;
        }

        string name = _text[start.._at];
        if (name.StartsWith("quad", StringComparison.Ordinal) && name.Length > 4)
        {
            (name, _at) = ("quad", start + 4); // "\quadx" of data that lost a space
        }

        if (Notation.Signs.TryGetValue(name, out char sign))
        {
            Add(TokenKind.Sign, sign.ToString());
        }
        else if (Notation.Functions.TryGetValue(name, out string? function))
        {
            Add(TokenKind.Function, function);
        }
        else if (Notation.Texts.Contains(name))
        {
            ReadText(name);
        }
        else if (name is "begin" or "end")
        {
            Add(name == "begin" ? TokenKind.Begin : TokenKind.End, Group());
        }
        else if (name is "left" or "right" or "middle")
        {
            SkipEmptyDelimiter();
        }
        else if (name is "mathbb")
        {
            Add(TokenKind.Letter, "mathbb " + Group());
        }
        else if (name is "pmod" or "bmod" or "mod" or "hspace" or "phantom" or "label" or "tag" or "color")
        {
            Group();
        }
        else if (!Notation.Shapes.Contains(name))
        {
            Add(TokenKind.Letter, name is "varnothing" ? "emptyset" : name is "varphi" ? "phi" : name is "varepsilon" ? "epsilon" : name is "ldots" or "cdots" ? "dots" : name);
        }
    }

    private void ReadEscape()
    {
        char c = _at < _text.Length ? _text[_at] : ' ';
        _at++;
        switch (c)
        {
            case '{' or '}':
                _brackets = int.Max(0, _brackets + (c == '{' ? 1 : -1));
                Add(TokenKind.Sign, c == '{' ? "⟨" : "⟩");
                break;
            case '\\':
                Add(TokenKind.Sign, "\\"); // the end of a row
                break;
            case '%':
                Add(TokenKind.Sign, "%");
                break;
            case '|':
                Add(TokenKind.Sign, "|");
                break;
            default:
                break; // spaces, \$ and the like
        }
    }

    private void SkipEmptyDelimiter()
    {
        int next = _at;
        while (next < _text.Length && char.IsWhiteSpace(_text[next]))
        {
            next++;
        }

        _at = next < _text.Length && _text[next] == '.' ? next + 1 : _at;
    }

    // \text{...}: one letter is a variable, a function's name a function, anything else words.
    private void ReadText(string command)
    {
        bool opens = _text.AsSpan(_at).TrimStart() is ['{', ..];
        string words = opens ? Group() : "";
        string trimmed = words.Trim().Trim('~').Trim();
        if (command is not ("text" or "mbox" or "textnormal") && Notation.Functions.TryGetValue(trimmed, out string? function))
        {
            Add(TokenKind.Function, function);
        }
        else if (trimmed.Length == 1 && char.IsAsciiLetter(trimmed[0]) && !words.Contains('~', StringComparison.Ordinal))
        {
            Add(TokenKind.Letter, trimmed);
        }
        else if (opens)
        {
            Add(TokenKind.Text, words);
        }
    }

    // The braced argument that follows, braces balanced; empty where none follows.
    private string Group()
    {
        int open = _at;
        while (open < _text.Length && char.IsWhiteSpace(_text[open]))
        {
            open++;
        }

        int end = open < _text.Length && _text[open] == '{' ? Braces.Close(_text, open) : -1;
        if (end < 0)
        {
            return "";
        }

        _at = end + 1;
        return _text[(open + 1)..end];
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text));

    [GeneratedRegex(@"\G[1-9][0-9]{0,2}(?:[,\u0001][0-9]{3})+(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Grouped();

    [GeneratedRegex(@"\G[0-9]{1,3}(?:\u0001[0-9]{3})+(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex TightlyGrouped();

    [GeneratedRegex(@"\GE[+-]?[0-9]{1,6}", RegexOptions.CultureInvariant)]
    private static partial Regex Exponent();
}
