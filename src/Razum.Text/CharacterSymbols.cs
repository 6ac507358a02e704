namespace Razum.Text;

/// <summary>What a character is to SentencePiece-style BPE before any merge: its own token, else its bytes, else the unknown token.</summary>
internal sealed class CharacterSymbols
{
    private readonly Dictionary<int, int> _ids = [];
    private readonly int[] _ascii = new int[128];
    private readonly int[]? _bytes;
    private readonly bool _fusesUnknown;

    /// <param name="vocabulary">Text to id of the model's tokens.</param>
    /// <param name="spelling">Names the byte tokens, if there are any.</param>
    /// <param name="unknown">The id of the unknown token; -1 = such characters are dropped.</param>
    /// <param name="fusesUnknown">Several unknown characters in a row are one token.</param>
    public CharacterSymbols(IReadOnlyDictionary<string, int> vocabulary, TokenSpelling spelling, int unknown, bool fusesUnknown)
    {
        (Unknown, _fusesUnknown) = (unknown, fusesUnknown);
        int[] bytes = new int[256];
        Array.Fill(bytes, -1);
        Array.Fill(_ascii, -1);
        foreach ((string text, int id) in vocabulary)
        {
            if (text.Length == 1 || (text.Length == 2 && char.IsSurrogatePair(text[0], text[1])))
            {
                int c = text.Length == 1 ? text[0] : char.ConvertToUtf32(text, 0);
                _ids[c] = id;
                if (c < 128)
                {
                    _ascii[c] = id;
                }
            }
            else if (spelling.ByteOf(text) is int value and >= 0)
            {
                bytes[value] = id;
            }
        }

        _bytes = spelling.HasByteTokens ? bytes : null;
    }

    /// <summary>The id of the unknown token, -1 = none.</summary>
    public int Unknown { get; }

    /// <summary>Is the character neither a token nor to be written in byte tokens?</summary>
    public bool IsUnknown(int codePoint)
    {
        Span<int> ids = stackalloc int[4];
        int count = 0;
        Add(codePoint, ids, ref count, isBehindUnknown: false);
        return count == 0 || (count == 1 && ids[0] == Unknown && Find(codePoint) < 0);
    }

    /// <summary>Are several unknown characters in a row one token?</summary>
    public bool FusesUnknown => _fusesUnknown;

    /// <summary>Adds the symbols of one character; returns whether it was unknown.</summary>
    public bool Add(int codePoint, Span<int> ids, ref int count, bool isBehindUnknown)
    {
        int id = Find(codePoint);
        if (id >= 0)
        {
            ids[count++] = id;
            return false;
        }

        if (_bytes is not null)
        {
            Span<byte> utf8 = stackalloc byte[4];
            int length = new System.Text.Rune(codePoint).EncodeToUtf8(utf8), start = count;
            foreach (byte b in utf8[..length])
            {
                ids[count++] = _bytes[b];
            }

            if (!ids[start..count].Contains(-1))
            {
                return false;
            }

            count = start;
        }

        if (Unknown >= 0 && !(isBehindUnknown && _fusesUnknown))
        {
            ids[count++] = Unknown;
        }

        return true;
    }

    private int Find(int codePoint) => codePoint < 128 ? _ascii[codePoint] : _ids.GetValueOrDefault(codePoint, -1);
}
