using Razum.Text.Normalization;

namespace Razum.Text;

/// <summary>A stretch of (normalised) text and where in the whole text it came from.</summary>
internal readonly ref struct TextSegment(ReadOnlySpan<char> text, AlignedText? aligned, int origin)
{
    private readonly AlignedText? _aligned = aligned;
    private readonly int _origin = origin;

    public ReadOnlySpan<char> Text { get; } = text;

    public int Start(int unit) => _origin + (_aligned is null ? unit : _aligned.Start(unit));

    /// <summary>The end of the character that has <paramref name="unit"/>.</summary>
    public int End(int unit) => _origin + (_aligned is not null ? _aligned.End(unit)
        : unit + (char.IsHighSurrogate(Text[unit]) && unit + 1 < Text.Length && char.IsLowSurrogate(Text[unit + 1]) ? 2 : 1));

    /// <summary>How many blanks a token's text begins and ends with; an added token's text is what it took from the input, blanks that it strips included.</summary>
    public static (int Leading, int Trailing) Blanks(ReadOnlySpan<char> text)
    {
        int leading = 0, trailing = 0;
        while (leading < text.Length && IsBlankLetter(text[leading]))
        {
            leading++;
        }

        while (trailing < text.Length && IsBlankLetter(text[^(trailing + 1)]))
        {
            trailing++;
        }

        return (leading, trailing);
    }

    // U+0120 is the space of the byte alphabet.
    private static bool IsBlankLetter(char c) => c == '\u0120' || char.IsWhiteSpace(c);
}
