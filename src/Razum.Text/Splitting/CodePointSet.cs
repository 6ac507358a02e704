using System.Text;

namespace Razum.Text.Splitting;

/// <summary>A set of code points: general categories plus ranges. <see cref="TryParse"/> reads what the published patterns write in one class.</summary>
internal sealed class CodePointSet
{
    private readonly uint _mask;
    private readonly ulong[] _low;             // one bit per code point below 0x10000; empty when the set has no ranges
    private readonly (int First, int Last)[] _high;

    public CodePointSet(uint mask, IReadOnlyList<(int First, int Last)> ranges)
    {
        _mask = mask;
        _low = ranges.Count == 0 ? [] : new ulong[0x10000 / 64];
        _high = [.. ranges.Where(r => r.Last > 0xFFFF)];
        foreach ((int first, int last) in ranges)
        {
            for (int c = first; c <= Math.Min(last, 0xFFFF); c++)
            {
                _low[c >> 6] |= 1UL << (c & 63);
            }
        }
    }

    /// <summary>Is the code point at <paramref name="index"/> a member?</summary>
    public bool Contains(ReadOnlySpan<char> text, int index, out int length)
    {
        if (_mask != 0 && (CharClass.At(text, index, out length) & _mask) != 0)
        {
            return true;
        }

        int c = CharClass.CodePointAt(text, index, out length);
        if (c <= 0xFFFF)
        {
            return _low.Length > 0 && (_low[c >> 6] >> (c & 63) & 1) != 0;
        }

        foreach ((int first, int last) in _high)
        {
            if (c >= first && c <= last)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads <c>\p{X}</c> or <c>[...]</c> of single characters, ranges and <c>\p{X}</c> (X = L, M, N, P, S; no negation, no nested classes).
    /// Null: written otherwise.
    /// </summary>
    public static CodePointSet? TryParse(string text)
    {
        if (Category(text) is uint whole)
        {
            return new CodePointSet(whole, []);
        }

        if (text.Length < 3 || text[0] != '[' || text[^1] != ']' || text[1] == '^' || text.Contains("&&", StringComparison.Ordinal))
        {
            return null;
        }

        uint mask = 0;
        var ranges = new List<(int, int)>();
        Rune[] body = [.. text[1..^1].EnumerateRunes()];
        for (int i = 0; i < body.Length;)
        {
            if (i + 4 < body.Length && Category(string.Concat(body.Skip(i).Take(5))) is uint category)
            {
                mask |= category;
                i += 5;
            }
            else if (One(body, ref i) is not int first)
            {
                return null;
            }
            else if (i + 1 < body.Length && body[i].Value == '-')
            {
                i++;
                if (One(body, ref i) is not int last || last < first)
                {
                    return null;
                }

                ranges.Add((first, last));
            }
            else
            {
                ranges.Add((first, first));
            }
        }

        return new CodePointSet(mask, ranges);
    }

    private static uint? Category(string text) => text switch
    {
        @"\p{L}" => CharClass.Letter,
        @"\p{M}" => CharClass.Mark,
        @"\p{N}" => CharClass.Number,
        @"\p{P}" => CharClass.Punctuation,
        @"\p{S}" => CharClass.Symbol,
        _ => null,
    };

    private static int? One(Rune[] body, ref int i)
    {
        if (body[i].Value is '[' or ']')
        {
            return null;
        }

        if (body[i].Value != '\\')
        {
            return body[i++].Value;
        }

        if (i + 1 == body.Length)
        {
            return null;
        }

        int escaped = body[i + 1].Value;
        i += 2;
        return escaped switch
        {
            'r' => '\r',
            'n' => '\n',
            't' => '\t',
            _ => Rune.IsLetterOrDigit(new Rune(escaped)) ? null : escaped,
        };
    }
}
