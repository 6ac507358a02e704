namespace Razum.Text.Normalization;

/// <summary>A text that knows for each of its UTF-16 units which span of the original text it came from.</summary>
internal sealed class AlignedText
{
    private char[] _chars = [];
    private int[] _starts = [];
    private int[] _ends = [];

    public int Length { get; private set; }

    public ReadOnlySpan<char> Chars => _chars.AsSpan(0, Length);

    /// <summary>Where in the original unit <paramref name="index"/> begins.</summary>
    public int Start(int index) => _starts[index];

    /// <summary>Where in the original unit <paramref name="index"/> ends.</summary>
    public int End(int index) => _ends[index];

    public void Clear() => Length = 0;

    /// <summary>Adds a code point that stands for [start, end) of the original.</summary>
    public void Append(int codePoint, int start, int end)
    {
        if (Length + 2 > _chars.Length)
        {
            int size = Math.Max(64, _chars.Length * 2);
            Array.Resize(ref _chars, size);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }

        int units = codePoint > 0xFFFF ? 2 : 1;
        (_chars[Length], _chars[Length + units - 1]) = units == 1
            ? ((char)codePoint, (char)codePoint)
            : ((char)(0xD7C0 + (codePoint >> 10)), (char)(0xDC00 + (codePoint & 0x3FF)));
        for (int i = 0; i < units; i++)
        {
            (_starts[Length], _ends[Length]) = (start, end);
            Length++;
        }
    }

    /// <summary>Adds a part of another text with its spans.</summary>
    public void Append(AlignedText other, int from, int to)
    {
        for (int i = from; i < to;)
        {
            int c = Splitting.CharClass.CodePointAt(other.Chars, i, out int length);
            Append(c, other.Start(i), other.End(i));
            i += length;
        }
    }
}
