using System.Text.Unicode;

namespace Razum.Text;

/// <summary>
/// Ids to text, one at a time: every character is given out with the id that completes it, never half of one; bytes that cannot become a character are
/// U+FFFD at once. All parts and the tail together are what <see cref="Tokenizer.Decode"/> gives for the whole list (but for byte tokens in a row that are
/// no UTF-8 as a whole: a stream keeps their valid characters). With a caller's buffer nothing is allocated. One per stream; not for several threads.
/// </summary>
public sealed class Detokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly IReadOnlySet<int>? _shown;
    private readonly byte[] _bytes; // the unfinished character, then the token at work
    private readonly char[] _chars;
    private int _pending;
    private int _strips;   // blanks at the very start that are still to be dropped
    private bool _isFirst; // no token has been taken

    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="skipSpecial">Leave control tokens out.</param>
    /// <param name="shown">Control tokens that have text all the same; null for none.</param>
    public Detokenizer(Tokenizer tokenizer, bool skipSpecial = false, IReadOnlySet<int>? shown = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_tokenizer, _skipSpecial, _shown) = (tokenizer, skipSpecial, shown);
        _bytes = new byte[tokenizer.LongestToken + 3];
        _chars = new char[_bytes.Length];
        Begin();
    }

    /// <summary>The most UTF-16 units one call can write.</summary>
    public int MaxChars => _bytes.Length;

    /// <summary>Takes one id and writes the text that is certain now; returns its length, often 0.</summary>
    /// <param name="id">Any id; one without a token adds nothing.</param>
    /// <param name="destination">At least <see cref="MaxChars"/> long.</param>
    public int Append(int id, Span<char> destination)
    {
        if (destination.Length < MaxChars)
        {
            throw new ArgumentException($"the buffer must hold {MaxChars} UTF-16 units", nameof(destination));
        }

        if (_skipSpecial && _tokenizer.IsSpecial(id) && _shown?.Contains(id) != true)
        {
            return 0;
        }

        ReadOnlySpan<byte> token = _tokenizer.BytesOf(id);
        token.CopyTo(_bytes.AsSpan(_pending));
        int count = _pending + token.Length;
        Utf8.ToUtf16(_bytes.AsSpan(0, count), destination, out int read, out int written, replaceInvalidSequences: true, isFinalBlock: false);
        _pending = count - read;
        _bytes.AsSpan(read, _pending).CopyTo(_bytes);
        return _strips > 0 || _isFirst ? Strip(destination[..written]) : written;
    }

    private void Begin() => (_pending, _strips, _isFirst) = (0, _tokenizer.Spelling.StripStart, true);

    // What the decoder of SentencePiece-style BPE drops at the start: the blank that encoding put in front.
    private int Strip(Span<char> text)
    {
        TokenSpelling spelling = _tokenizer.Spelling;
        int written = 0;
        foreach (char c in text)
        {
            if (_isFirst && spelling.DroppedFromFirst != '\0' && c == spelling.DroppedFromFirst)
            {
                continue;
            }

            if (_strips > 0 && c == spelling.Stripped)
            {
                _strips--;
                continue;
            }

            _strips = 0;
            text[written++] = c;
        }

        _isFirst = false;
        return written;
    }

    /// <summary>Takes one id and returns the text that is certain now, often empty.</summary>
    public string Append(int id) => new(_chars.AsSpan(0, Append(id, _chars)));

    /// <summary>Ends the stream: an unfinished character becomes U+FFFD. The detokenizer is then as new.</summary>
    public string Finish()
    {
        bool unfinished = _pending > 0;
        Begin();
        return unfinished ? "\uFFFD" : "";
    }
}
