namespace Razum.Training.Verifiers.Math;

/// <summary>Balanced braces in LaTeX.</summary>
internal static class Braces
{
    /// <summary>The position of the brace that closes the one at <paramref name="open"/>, or -1. Escaped braces do not count.</summary>
    public static int Close(string text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when i + 1 < text.Length && text[i + 1] is '{' or '}' or '\\':
                    // Doubled backslashes of escaped JSON are left before a letter: "\\{" is an escaped brace all the same.
                    i++;
                    break;
                case '{':
                    depth++;
                    break;
                case '}' when --depth == 0:
                    return i;
            }
        }

        return -1;
    }
}
