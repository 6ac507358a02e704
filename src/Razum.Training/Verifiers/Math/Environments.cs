using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>Mathematics set in LaTeX: <c>$$ $$</c>, <c>\[ \]</c>, <c>\begin \end</c> over several lines, <c>$ $</c> and <c>\( \)</c> within one.</summary>
internal static partial class Environments
{
    private const int MostJoined = 5;

    /// <summary>All of them, those joined by "and", "or" or a comma as one.</summary>
    public static List<Found> Find(string text)
    {
        List<Found> all = [], joined = [];
        for (int i = 0; i < text.Length;)
        {
            if (At(text, i) is { } found)
            {
                all.Add(found);
                i = found.End;
            }
            else
            {
                i++;
            }
        }

        for (int i = 0; i < all.Count;)
        {
            int end = i + 1;
            while (end < all.Count && end - i < MostJoined && Join().IsMatch(text.AsSpan(all[end - 1].End, all[end].Start - all[end - 1].End)))
            {
                end++;
            }

            joined.Add(end == i + 1 ? all[i] : new Found(all[i].Start, all[end - 1].End, string.Join(" , ", all[i..end].Select(f => f.Text)), false));
            i = end;
        }

        return joined;
    }

    /// <summary>Whether a piece stands between signs made for it, so that what is around it is prose; a fraction in plain text may be a part of more.</summary>
    public static bool IsDelimited(string text, Found piece) => text[piece.Start] == '$' || text[piece.Start + 1] is '(' or '[';

    /// <summary>The first that opens between two places.</summary>
    public static Found? First(string text, int from, int to)
    {
        for (int i = from; i < int.Min(to, text.Length); i++)
        {
            if (At(text, i) is { } found)
            {
                List<Found> rest = Find(text[i..int.Min(text.Length, found.End + 200)]);
                return rest is [{ Start: 0 } joined, ..]
                    ? new Found(i, i + joined.End, joined.Text, joined.IsPercent || IsPercent(text, i + joined.End)) : found;
            }
        }

        return null;
    }

    /// <summary>Whether a percent sign or word follows at <paramref name="at"/>.</summary>
    public static bool IsPercent(string text, int at) => Percent().IsMatch(text.AsSpan(at, int.Min(16, text.Length - at)));

    private static Found? At(string text, int i)
    {
        char c = text[i];
        if (c == '$' && !(i > 0 && text[i - 1] == '\\'))
        {
            return text.AsSpan(i).StartsWith("$$", StringComparison.Ordinal) ? Between(text, i, "$$", "$$", true) : Between(text, i, "$", "$", false);
        }

        if (c != '\\' || i + 1 >= text.Length)
        {
            return null;
        }

        return text[i + 1] switch
        {
            '[' => Between(text, i, @"\[", @"\]", true),
            '(' => Between(text, i, @"\(", @"\)", false),
            'b' => Block(text, i),
            'f' or 'd' or 't' or 's' => Bare(text, i),
            _ => null,
        };
    }

    private static Found? Between(string text, int start, string open, string close, bool lines)
    {
        int from = start + open.Length;
        for (int end = from; end < text.Length; end++)
        {
            if (text[end] == '\n' && !lines)
            {
                return null;
            }

            if (string.CompareOrdinal(text, end, close, 0, close.Length) == 0 && (close[0] == '\\' || text[end - 1] != '\\'))
            {
                return end == from ? null : new Found(start, end + close.Length, text[from..end], IsPercent(text, end + close.Length));
            }
        }

        return null;
    }

    private static Found? Block(string text, int start)
    {
        Match begin = Begin().Match(text, start);
        if (!begin.Success)
        {
            return null;
        }

        string end = $@"\end{{{begin.Groups[1].Value}}}";
        int close = text.IndexOf(end, start, StringComparison.Ordinal);
        return close < 0 ? null : new Found(start, close + end.Length, text[start..(close + end.Length)], false);
    }

    // A fraction or a root in plain text.
    private static Found? Bare(string text, int start)
    {
        Match command = Command().Match(text, start);
        if (!command.Success)
        {
            return null;
        }

        int end = start + command.Length;
        for (int groups = 0; groups < (command.Value[1] == 's' ? 1 : 2) && end < text.Length && text[end] == '{'; groups++)
        {
            int close = Braces.Close(text, end);
            if (close < 0)
            {
                return null;
            }

            end = close + 1;
        }

        int first = start > 0 && text[start - 1] is '-' or '−' ? start - 1 : start;
        return end == start + command.Length ? null : new Found(first, end, text[first..end], IsPercent(text, end));
    }

    [GeneratedRegex(@"^[\s$]*(?:\\?%|percent|pct)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Percent();

    [GeneratedRegex(@"^\s*(?:,|;|,?\s*(?:and|or))\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Join();

    [GeneratedRegex(@"\G\\begin\{([A-Za-z]+\*?)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Begin();

    [GeneratedRegex(@"\G\\(?:[dtc]?frac|sqrt)(?=\{)", RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
