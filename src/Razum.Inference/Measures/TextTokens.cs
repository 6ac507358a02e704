using System.Text;
using Razum.Text;

namespace Razum.Inference.Measures;

/// <summary>
/// The tokens of a long text, as if it were encoded at once, while only a block of it is in memory. A block ends at the start of a line or word where encoding
/// what stands before and behind gives what encoding both together does; where there is no such place, the block grows. Control tokens written in the text are
/// text.
/// </summary>
public sealed class TextTokens : IDisposable
{
    /// <summary>Characters of a block, unless one line is longer.</summary>
    public const int UsualBlock = 1 << 16;

    /// <summary>Characters on each side of a place that are encoded to see whether a block may end there.</summary>
    private const int Near = 64;

    private readonly StreamReader _reader;
    private readonly Tokenizer _tokenizer;
    private char[] _text;
    private int _length;
    private double _share;

    /// <param name="stream">The text in UTF-8; closed with this object.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="block">Characters of a block.</param>
    public TextTokens(Stream stream, string name, Tokenizer tokenizer, int block = UsualBlock)
    {
        _reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        (Name, _tokenizer, _text) = (name, tokenizer, new char[block]);
    }

    /// <summary>Name of the text.</summary>
    public string Name { get; }

    /// <summary>The token that texts begin with; null where they begin with none.</summary>
    public int? Bos => _tokenizer.Prefix is [int bos, ..] ? bos : null;

    /// <summary>About how much of the text has been given out, from 0 to 1.</summary>
    public double Share { get; private set; }

    /// <summary>The text of a file.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static TextTokens Open(string path, Tokenizer tokenizer) => File.Exists(path)
        ? new TextTokens(File.OpenRead(path), path, tokenizer)
        : throw new FileNotFoundException($"{path}: no such file", path);

    /// <summary>All tokens, after those that the tokenizer begins a text with. Once.</summary>
    /// <exception cref="InvalidDataException">The text is not UTF-8.</exception>
    public IEnumerable<int> Read()
    {
        foreach (int id in _tokenizer.Prefix.ToArray())
        {
            yield return id;
        }

        string before = ""; // the character before the block
        bool isEnd = false;
        while (true)
        {
            isEnd = isEnd || Fill();
            int cut = isEnd ? _length : FindCut();
            if (isEnd && _length == 0)
            {
                yield break;
            }

            if (cut == 0)
            {
                Array.Resize(ref _text, _text.Length * 2);
                continue;
            }

            int[] ids = Encode(before, _text.AsSpan(0, cut));
            (double from, double to) = (_share, isEnd || !_reader.BaseStream.CanSeek ? 1 : (double)_reader.BaseStream.Position / Math.Max(1, _reader.BaseStream.Length));
            for (int i = 0; i < ids.Length; i++)
            {
                Share = from + ((to - from) * (i + 1) / ids.Length);
                yield return ids[i];
            }

            (_share, before) = (to, _text[cut - 1].ToString());
            _text.AsSpan(cut, _length - cut).CopyTo(_text);
            _length -= cut;
        }
    }

    public void Dispose() => _reader.Dispose();

    /// <summary>Reads until the buffer is full; true at the end of the text.</summary>
    private bool Fill()
    {
        try
        {
            int count = _reader.ReadBlock(_text, _length, _text.Length - _length);
            _length += count;
            return _length < _text.Length;
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"{Name}: is not UTF-8 text");
        }
    }

    /// <summary>The last place in the second half of the buffer where a block may end; 0 if there is none.</summary>
    private int FindCut()
    {
        for (int at = _length - 2; at > _length / 2; at--)
        {
            (char last, char next) = (_text[at - 1], _text[at]);
            bool isLine = last == '\n' && !char.IsWhiteSpace(next) && !char.IsWhiteSpace(_text[at - 2]);
            bool isWord = next == ' ' && char.IsLetterOrDigit(last) && char.IsLetter(_text[at + 1]);
            if ((isLine || isWord) && IsSafe(at))
            {
                return at;
            }
        }

        return 0;
    }

    private bool IsSafe(int at)
    {
        int from = Math.Max(0, at - Near), to = Math.Min(_length, at + Near);
        from += char.IsLowSurrogate(_text[from]) ? 1 : 0;
        to -= char.IsHighSurrogate(_text[to - 1]) ? 1 : 0;
        string left = new(_text, from, at - from), right = new(_text, at, to - at), last = left[^1].ToString();
        int[] begun = Encode("", last), behind = Encode("", last + right);
        return behind.AsSpan().StartsWith(begun) && Encode("", left + right).AsSpan().SequenceEqual([.. Encode("", left), .. behind.AsSpan(begun.Length)]);
    }

    /// <summary>The ids of a text that stands behind another character: those of both, without those of the character.</summary>
    private int[] Encode(string before, ReadOnlySpan<char> text)
    {
        int[] ids = _tokenizer.Encode(before.Length == 0 ? text : string.Concat(before, text), parseSpecial: false);
        return before.Length == 0 ? ids : ids[_tokenizer.Encode(before, parseSpecial: false).Length..];
    }
}
