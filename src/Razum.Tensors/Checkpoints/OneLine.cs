using System.Globalization;
using System.Text;

namespace Razum.Tensors.Checkpoints;

/// <summary>Text from files made fit for messages: one line, no control characters, bounded length.</summary>
internal static class OneLine
{
    private const int Longest = 200;

    /// <summary>The text with everything unprintable escaped, cut after 200 characters.</summary>
    public static string Quote(string text)
    {
        StringBuilder line = new();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            // Surrogates of a pair are printable; a separator such as U+2028 would break the line.
            bool hidden = char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            line.Append(hidden ? $"\\u{(int)c:x4}" : c.ToString());
        }

        return text.Length > Longest ? line.Append("...").ToString() : line.ToString();
    }
}
