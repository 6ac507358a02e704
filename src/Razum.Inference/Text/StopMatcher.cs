namespace Razum.Inference.Text;

/// <summary>
/// Finds stop strings in text that comes in pieces. It lets text through as soon as it can no longer be part of a stop string, and never lets through
/// a stop string or a beginning of one. The match that ends first wins; of several that end together the longest.
/// </summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private char[] _text = new char[256];
    private int _released;
    private int _length;

    /// <summary>Whether a stop string has come. Later text is dropped.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece and returns what may be shown; valid until the next call.</summary>
    public ReadOnlySpan<char> Push(ReadOnlySpan<char> piece)
    {
        if (Stopped)
        {
            return [];
        }

        if (stops.Count == 0)
        {
            return piece;
        }

        int held = _length - _released;
        if (held + piece.Length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, held + piece.Length));
        }

        _text.AsSpan(_released, held).CopyTo(_text);
        piece.CopyTo(_text.AsSpan(held));
        _length = held + piece.Length;
        for (int end = held + 1; end <= _length; end++)
        {
            int match = LongestStop(_text.AsSpan(0, end));
            if (match > 0)
            {
                (Stopped, _released) = (true, end - match);
                return _text.AsSpan(0, _released);
            }
        }

        _released = _length - LongestBeginning(_text.AsSpan(0, _length));
        return _text.AsSpan(0, _released);
    }

    /// <summary>What was held back, once no more text comes.</summary>
    public ReadOnlySpan<char> Finish() => Stopped ? [] : _text.AsSpan(_released, _length - _released);

    /// <summary>Length of the longest stop string that the text ends with; 0 for none.</summary>
    private int LongestStop(ReadOnlySpan<char> text)
    {
        int longest = 0;
        for (int i = 0; i < stops.Count; i++)
        {
            if (stops[i].Length > longest && text.EndsWith(stops[i]))
            {
                longest = stops[i].Length;
            }
        }

        return longest;
    }

    /// <summary>Length of the longest end of the text with which a stop string begins.</summary>
    private int LongestBeginning(ReadOnlySpan<char> text)
    {
        int longest = 0;
        for (int i = 0; i < stops.Count; i++)
        {
            for (int n = Math.Min(stops[i].Length - 1, text.Length); n > longest; n--)
            {
                if (text.EndsWith(stops[i].AsSpan(0, n)))
                {
                    longest = n;
                }
            }
        }

        return longest;
    }
}
