using System.Globalization;
using System.Text;

namespace Razum.Text.Splitting;

/// <summary>
/// Reads the regular expressions of published tokenizers: classes with ranges, negation, nesting and <c>&amp;&amp;</c>, properties, groups, <c>(?i:...)</c>,
/// greedy, lazy and possessive repeats, looking ahead (and behind at one character), anchors. What it does not know it refuses.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxDepth = 50;
    private const int MaxRepeat = 1000;

    private readonly int[] _pattern;
    private int _at;
    private int _depth;
    private bool _foldsCase;

    private RegexParser(string pattern) => _pattern = [.. pattern.EnumerateRunes().Select(r => r.Value)];

    /// <exception cref="FormatException">Not a pattern this reads; the message says why.</exception>
    public static RegexSyntax Parse(string pattern)
    {
        var parser = new RegexParser(pattern);
        RegexSyntax syntax = parser.ParseChoice();
        return parser._at == parser._pattern.Length ? syntax : throw parser.Fault("a ) without (");
    }

    private int Peek(int ahead = 0) => _at + ahead < _pattern.Length ? _pattern[_at + ahead] : -1;

    private bool Skip(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (Peek(i) != text[i])
            {
                return false;
            }
        }

        _at += text.Length;
        return true;
    }

    private FormatException Fault(string what) => new($"{what} at character {_at}");

    private RegexSyntax ParseChoice()
    {
        if (++_depth > MaxDepth)
        {
            throw Fault($"groups nested more than {MaxDepth} deep");
        }

        bool folds = _foldsCase;
        var items = new List<RegexSyntax> { ParseSequence() };
        while (Skip("|"))
        {
            items.Add(ParseSequence());
        }

        (_foldsCase, _depth) = (folds, _depth - 1);
        return items.Count == 1 ? items[0] : items.Count <= 32 ? new ChoiceSyntax(items) : throw Fault("more than 32 alternatives");
    }

    private SequenceSyntax ParseSequence()
    {
        var items = new List<RegexSyntax>();
        while (Peek() is not (-1 or '|' or ')'))
        {
            if (Skip("(?i)"))
            {
                _foldsCase = true;
                continue;
            }

            items.Add(ParseRepeats(ParseItem()));
        }

        return new SequenceSyntax(items);
    }

    private RegexSyntax ParseItem()
    {
        switch (Peek())
        {
            case '(':
                return ParseGroup();
            case '[':
                return ParseClass();
            case '.':
                _at++;
                return new SetSyntax(CodePointRanges.Complement([('\n', '\n')]));
            case '^' or '$':
                return new AnchorSyntax((char)_pattern[_at++]);
            case '*' or '+' or '?':
                throw Fault("nothing to repeat");
            case '\\' when Peek(1) is 'A' or 'z' or 'Z':
                _at += 2;
                return new AnchorSyntax((char)_pattern[_at - 1]);
            case '\\':
                return new SetSyntax(ParseEscape());
            default:
                return new SetSyntax(Folded(_pattern[_at++]));
        }
    }

    private RegexSyntax ParseGroup()
    {
        bool folds = _foldsCase;
        _at++;
        Func<RegexSyntax, RegexSyntax> wrap = item => item;
        if (Skip("?:"))
        {
        }
        else if (Skip("?i:"))
        {
            _foldsCase = true;
        }
        else if (Peek() == '?' && Peek(1) is '=' or '!' or '>')
        {
            (bool negative, bool takes) = (Peek(1) == '!', Peek(1) == '>');
            wrap = item => new LookSyntax(item, negative, takes);
            _at += 2;
        }
        else if (Peek() == '?' && Peek(1) == '<' && Peek(2) is '=' or '!')
        {
            bool negative = Peek(2) == '!';
            wrap = item => item is SequenceSyntax { Items: [SetSyntax set] } ? new LookBehindSyntax(set, negative)
                : throw Fault("looking behind at more than one character");
            _at += 3;
        }
        else if (Peek() == '?')
        {
            throw Fault("an unknown kind of group");
        }

        RegexSyntax inner = ParseChoice();
        _foldsCase = folds;
        return Skip(")") ? wrap(inner) : throw Fault("a ( without )");
    }

    private RegexSyntax ParseRepeats(RegexSyntax item)
    {
        for (int n = 0; ; n++)
        {
            (int least, int most) = Peek() switch { '*' => (0, int.MaxValue), '+' => (1, int.MaxValue), '?' => (0, 1), _ => (-1, 0) };
            bool isCount = false;
            if (least >= 0)
            {
                _at++;
            }
            else if (Peek() == '{' && (char.IsAsciiDigit((char)Math.Max(Peek(1), 0)) || Peek(1) == ','))
            {
                (least, most) = ParseCounts();
                isCount = true;
            }
            else
            {
                return item;
            }

            if (n >= MaxDepth)
            {
                throw Fault("too many repeats in a row");
            }

            bool isLazy = !isCount && Skip("?"), isPossessive = !isCount && !isLazy && Skip("+");
            item = new RepeatSyntax(item, least, most, isLazy, isPossessive);
        }
    }

    private (int Least, int Most) ParseCounts()
    {
        _at++;
        int least = Number() ?? 0;
        int most = Skip(",") ? Number() ?? int.MaxValue : least;
        return Skip("}") && most >= least && least <= MaxRepeat && (most <= MaxRepeat || most == int.MaxValue) ? (least, most) : throw Fault("a wrong count");
    }

    private int? Number()
    {
        int start = _at;
        while (Peek() is >= '0' and <= '9' && _at - start < 6)
        {
            _at++;
        }

        return _at == start ? null : int.Parse(string.Concat(_pattern[start.._at].Select(c => (char)c)), CultureInfo.InvariantCulture);
    }

    private List<(int First, int Last)> Folded(int c)
    {
        if (!_foldsCase)
        {
            return [(c, c)];
        }

        var rune = new Rune(c);
        int lower = Rune.ToLowerInvariant(rune).Value, upper = Rune.ToUpperInvariant(rune).Value;
        List<(int, int)> all = [(c, c), (lower, lower), (upper, upper)];
        if (lower is 's' or 'k')
        {
            int other = lower == 's' ? 0x17F : 0x212A; // long s, Kelvin sign
            all.Add((other, other));
        }

        return CodePointRanges.Normal(all);
    }

    // One class: union of items, intersected with what stands behind &&.
    private SetSyntax ParseClass()
    {
        if (++_depth > MaxDepth)
        {
            throw Fault($"classes nested more than {MaxDepth} deep");
        }

        _at++;
        bool isNegated = Skip("^");
        List<(int First, int Last)>? whole = null;
        var union = new List<(int First, int Last)>();
        for (bool first = true; first || Peek() != ']'; first = false)
        {
            if (Peek() < 0)
            {
                throw Fault("a [ without ]");
            }

            if (Skip("&&"))
            {
                List<(int, int)> part = CodePointRanges.Normal(union);
                whole = whole is null ? part : CodePointRanges.Intersect(whole, part);
                union.Clear();
            }
            else if (Peek() == '[' && !Skip("[:"))
            {
                union.AddRange(ParseClass().Ranges);
            }
            else
            {
                union.AddRange(ParseClassItem());
            }
        }

        _at++;
        _depth--;
        List<(int, int)> last = CodePointRanges.Normal(union);
        List<(int, int)> all = whole is null ? last : CodePointRanges.Intersect(whole, last);
        return new SetSyntax(isNegated ? CodePointRanges.Complement(all) : all);
    }

    private List<(int First, int Last)> ParseClassItem()
    {
        List<(int First, int Last)> item = Peek() == '\\' ? ParseEscape() : Folded(_pattern[_at++]);
        if (Peek() != '-' || Peek(1) is ']' or -1 || (item.Count != 1 && !_foldsCase))
        {
            return item;
        }

        _at++;
        int first = item[0].First;
        List<(int First, int Last)> end = Peek() == '\\' ? ParseEscape() : [(_pattern[_at], _pattern[_at++])];
        int last = end.Count == 1 && end[0].First == end[0].Last ? end[0].First : throw Fault("a range without an end");
        if (last < first)
        {
            throw Fault("an empty range");
        }

        return !_foldsCase ? [(first, last)]
            : last - first < 1000 ? CodePointRanges.Normal([.. Enumerable.Range(first, last - first + 1).SelectMany(Folded)]) : throw Fault("a long range without case");
    }

    private List<(int First, int Last)> ParseEscape()
    {
        _at++;
        int c = Peek();
        _at++;
        switch (c)
        {
            case 'p' or 'P':
                return ParseProperty(c == 'P');
            case 's':
                return CodePointRanges.Blanks;
            case 'S':
                return CodePointRanges.Complement(CodePointRanges.Blanks);
            case 'd':
                return CodePointRanges.Named("Nd")!;
            case 'D':
                return CodePointRanges.Complement(CodePointRanges.Named("Nd")!);
            case 'w':
                return CodePointRanges.Words;
            case 'W':
                return CodePointRanges.Complement(CodePointRanges.Words);
            case 'h':
                return [('0', '9'), ('A', 'F'), ('a', 'f')];
            case 'x' or 'u':
                return [ParseHex(c == 'x' ? 2 : 4)];
            case 'n' or 'r' or 't' or 'f' or 'v' or '0' or 'e' or 'a':
                int control = "\n\r\t\f\v\0\x1B\a"["nrtfv0ea".IndexOf((char)c, StringComparison.Ordinal)];
                return [(control, control)];
            default:
                return c >= 0 && !(c < 128 && char.IsAsciiLetterOrDigit((char)c)) ? Folded(c) : throw Fault("an unknown escape");
        }
    }

    private (int First, int Last) ParseHex(int digits)
    {
        bool braces = Skip("{");
        int value = 0, n = 0;
        for (; n < (braces ? 6 : digits) && Peek() is >= 0 and < 128 && char.IsAsciiHexDigit((char)Peek()); n++)
        {
            value = (value * 16) + Convert.ToInt32(((char)_pattern[_at++]).ToString(), 16);
        }

        return n > 0 && value <= 0x10FFFF && (!braces || Skip("}")) ? (value, value) : throw Fault("a wrong number of a character");
    }

    private List<(int First, int Last)> ParseProperty(bool isNegated)
    {
        string name = "";
        if (Skip("{"))
        {
            isNegated ^= Skip("^");
            while (Peek() is not ('}' or -1))
            {
                name += (char)_pattern[_at++];
            }

            _at++;
        }
        else
        {
            name = Peek() >= 0 ? ((char)_pattern[_at++]).ToString() : "";
        }

        List<(int First, int Last)> ranges = CodePointRanges.Named(name) ?? throw Fault($"the unknown property {name}");
        return isNegated ? CodePointRanges.Complement(ranges) : ranges;
    }
}
