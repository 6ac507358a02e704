using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>What stands in <c>\boxed{...}</c>. Boxes close to each other, or joined by "and", "or" or a comma, are one answer of several parts.</summary>
internal static partial class Boxes
{
    private const int ShortGap = 12;
    private const int JoinedGap = 60;

    /// <summary>All answers in boxes, in order; with <paramref name="together"/> all boxes of the text are one answer.</summary>
    public static List<Found> Find(string text, bool together)
    {
        List<Found> boxes = Single(text), answers = [];
        for (int i = 0; i < boxes.Count;)
        {
            int end = i + 1;
            while (end < boxes.Count && (together || IsJoin(text.AsSpan(boxes[end - 1].End, boxes[end].Start - boxes[end - 1].End))))
            {
                end++;
            }

            string[] parts = [.. boxes[i..end].Select(b => b.Text.Trim()).Distinct(StringComparer.Ordinal)];
            answers.Add(new Found(boxes[i].Start, boxes[end - 1].End, string.Join(" , ", parts), parts.Length == 1 && boxes[end - 1].IsPercent));
            i = end;
        }

        return answers;
    }

    private static bool IsJoin(ReadOnlySpan<char> gap) => gap.Length <= ShortGap || (gap.Length <= JoinedGap && Join().IsMatch(gap));

    private static List<Found> Single(string text)
    {
        List<Found> boxes = [];
        for (Match box = Box().Match(text); box.Success;)
        {
            int content = box.Index + box.Length, end;
            bool braced = text[content - 1] == '{';
            if (braced)
            {
                int close = Braces.Close(text, content - 1);
                end = close + 1;
                if (close < 0)
                {
                    break; // an open box holds nothing, and whatever follows is inside of it
                }

                Add(text[content..close], end);
            }
            else
            {
                Match bare = Bare().Match(text, content);
                end = content + int.Max(1, bare.Length);
                Add(bare.Value, end);
            }

            box = end < text.Length ? Box().Match(text, end) : Match.Empty;

            void Add(string inside, int stop)
            {
                if (inside.Trim().Length > 0)
                {
                    boxes.Add(new Found(box.Index, stop, inside, Environments.IsPercent(text, stop)));
                }
            }
        }

        return boxes;
    }

    [GeneratedRegex(@"\\(?:boxed|fbox)\s*(?:\{|(?=[^\s{]))", RegexOptions.CultureInvariant)]
    private static partial Regex Box();

    [GeneratedRegex(@"\G[^\s$.,{}\\]+", RegexOptions.CultureInvariant)]
    private static partial Regex Bare();

    [GeneratedRegex(@"\b(?:and|or)\b|^[\s$\\()\[\]]*,", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Join();
}
