using System.Globalization;

namespace Razum.Text.Splitting;

/// <summary>Sets of code points as sorted ranges, and the classes of the published patterns (Unicode 16).</summary>
internal static class CodePointRanges
{
    private const int Last = 0x10FFFF;

    private static readonly Lazy<List<(int First, int Last)>[]> s_categories = new(ReadCategories);

    private static readonly (int First, int Last)[] s_han =
    [
        (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0x16FE2, 0x16FE3), (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739),
        (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF),
    ];

    /// <summary><c>\s</c>: White_Space (U+0085 belongs to it, U+001C..1F and U+200B do not).</summary>
    public static List<(int First, int Last)> Blanks { get; } =
        [(9, 13), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)];

    /// <summary><c>\w</c>: letters, marks, decimal and letter numbers, connectors, joiners and the circled Latin letters.</summary>
    public static List<(int First, int Last)> Words { get; } = Normal(
        [.. Named("L")!, .. Named("M")!, .. Named("Nd")!, .. Named("Nl")!, .. Named("Pc")!, (0x200C, 0x200D), (0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)]);

    /// <summary>A general category, its group (<c>L</c>) or a script; null if the name is none of them.</summary>
    public static List<(int First, int Last)>? Named(string name)
    {
        if (name is "Han" or "Script=Han" or "sc=Han")
        {
            return [.. s_han];
        }

        string[] all = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
            "Po", "Sm", "Sc", "Sk", "So", "Cn"]; // in the order of UnicodeCategory
        var ranges = new List<(int, int)>();
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i] == name || (name.Length == 1 && all[i][0] == name[0]))
            {
                ranges.AddRange(s_categories.Value[i]);
            }
        }

        return ranges.Count == 0 ? null : Normal(ranges);
    }

    /// <summary>Sorted, without overlaps.</summary>
    public static List<(int First, int Last)> Normal(IEnumerable<(int First, int Last)> ranges)
    {
        var result = new List<(int First, int Last)>();
        foreach ((int first, int last) in ranges.Order())
        {
            if (result.Count > 0 && first <= result[^1].Last + 1)
            {
                result[^1] = (result[^1].First, Math.Max(result[^1].Last, last));
            }
            else
            {
                result.Add((first, last));
            }
        }

        return result;
    }

    /// <summary>Everything that is not in a normal set.</summary>
    public static List<(int First, int Last)> Complement(List<(int First, int Last)> ranges)
    {
        var result = new List<(int First, int Last)>();
        int next = 0;
        foreach ((int first, int last) in ranges)
        {
            if (first > next)
            {
                result.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= Last)
        {
            result.Add((next, Last));
        }

        return result;
    }

    /// <summary>What is in both normal sets.</summary>
    public static List<(int First, int Last)> Intersect(List<(int First, int Last)> left, List<(int First, int Last)> right) =>
        Complement(Normal([.. Complement(left), .. Complement(right)]));

    private static List<(int First, int Last)>[] ReadCategories()
    {
        var categories = new List<(int First, int Last)>[30];
        Array.ForEach(Enumerable.Range(0, 30).ToArray(), i => categories[i] = []);
        int start = 0;
        UnicodeCategory current = CharUnicodeInfo.GetUnicodeCategory(0);
        for (int c = 1; c <= Last + 1; c++)
        {
            if (c > Last || CharUnicodeInfo.GetUnicodeCategory(c) != current)
            {
                categories[(int)current].Add((start, c - 1));
                (start, current) = (c, c <= Last ? CharUnicodeInfo.GetUnicodeCategory(c) : current);
            }
        }

        return categories;
    }
}
