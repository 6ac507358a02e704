namespace Razum.Training.Data.Samples;

/// <summary>Whether a person can read a text: no loops, no control characters, no sudden change of script (R1 drops mixed languages).</summary>
internal static class Readability
{
    private const int LongestPiece = 64; // of a loop, in characters
    private const int LeastLoop = 80; // characters
    private const int LeastRounds = 4;
    private const double MostForeign = 0.02; // of the letters

    /// <param name="text">What the model wrote.</param>
    /// <param name="prompt">What it was asked: scripts that it has may be used.</param>
    public static bool IsReadable(string text, string prompt) =>
        !text.Any(c => (char.IsControl(c) && c is not ('\n' or '\r' or '\t')) || c == '\uFFFD') && !Loops(text) && !IsMixed(text, prompt);

    /// <summary>Whether a piece of up to 64 characters comes four times in a row or more, over at least 80 characters.</summary>
    private static bool Loops(string text)
    {
        for (int period = 1; period <= LongestPiece && LeastRounds * period <= text.Length; period++)
        {
            int needed = Math.Max(LeastLoop, LeastRounds * period) - period;
            int run = 0;
            for (int i = period; i < text.Length; i++)
            {
                run = text[i] == text[i - period] ? run + 1 : 0;
                if (run >= needed)
                {
                    return true;
                }
            }
        }

        return false;
    }

    // Latin, with its accents, ends below U+0250. Greek letters of formulas are few.
    private static bool IsMixed(string text, string prompt)
    {
        if (prompt.Any(IsForeign))
        {
            return false;
        }

        int letters = text.Count(char.IsLetter);
        return letters > 0 && text.Count(IsForeign) > Math.Max(2, MostForeign * letters);
    }

    private static bool IsForeign(char c) => c >= '\u0370' && char.IsLetter(c);
}
