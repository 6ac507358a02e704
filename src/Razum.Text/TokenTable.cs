using System.Text;

namespace Razum.Text;

/// <summary>
/// The tokens of one vocabulary: id to text and to the raw bytes it stands for, and back from bytes to id (only for tokens spelled in the byte alphabet:
/// those that BPE can make). Immutable; bytes of all tokens lie in one block.
/// </summary>
internal sealed class TokenTable
{
    private readonly string?[] _texts;
    private readonly byte[] _bytes;
    private readonly int[] _starts;            // token i = _bytes[_starts[i].._starts[i + 1]]
    private readonly Dictionary<string, int> _ids;
    private readonly bool[]? _isByte;          // null: no byte tokens
    private readonly int[] _slots;             // open addressing over the hash of the bytes, id + 1, 0 = free

    /// <param name="vocabulary">Text to id of the model's own tokens.</param>
    /// <param name="added">Tokens beside the model's vocabulary (they may repeat it).</param>
    /// <param name="spelling">How tokens are written.</param>
    public TokenTable(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<AddedToken> added, TokenSpelling spelling)
    {
        Spelling = spelling;
        int size = 0;
        foreach (int id in vocabulary.Values)
        {
            size = Math.Max(size, id + 1);
        }

        foreach (AddedToken token in added)
        {
            size = Math.Max(size, token.Id + 1);
        }

        _texts = new string?[size];
        _ids = new Dictionary<string, int>(vocabulary.Count + added.Count, StringComparer.Ordinal);
        foreach ((string text, int id) in vocabulary)
        {
            _texts[id] = text;
            _ids[text] = id;
        }

        foreach (AddedToken token in added)
        {
            _texts[token.Id] = token.Content;
            _ids[token.Content] = token.Id;
        }

        var bytes = new List<byte>(size * 8);
        _starts = new int[size + 1];
        _slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(vocabulary.Count * 2, 16))];
        _isByte = spelling is { HasByteTokens: true, WritesBytes: true } ? new bool[size] : null;
        byte[] buffer = [];
        for (int id = 0; id < size; id++)
        {
            string text = _texts[id] ?? "";
            int length = spelling.Write(text, ref buffer, out bool isSpelled);
            ReadOnlySpan<byte> own = buffer.AsSpan(0, length);
            bytes.AddRange(own);
            _starts[id + 1] = bytes.Count;
            LongestToken = Math.Max(LongestToken, own.Length);
            if (_isByte is not null)
            {
                _isByte[id] = spelling.ByteOf(text) >= 0;
            }

            if (isSpelled && own.Length > 0 && vocabulary.TryGetValue(text, out int modelId) && modelId == id)
            {
                int slot = (int)(Hash(own) & (uint)(_slots.Length - 1));
                while (_slots[slot] != 0)
                {
                    slot = (slot + 1) & (_slots.Length - 1);
                }

                _slots[slot] = id + 1;
            }
        }

        _bytes = [.. bytes];
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _texts.Length;

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken { get; }

    /// <summary>The text of a token as the vocabulary writes it; null for an id without one.</summary>
    public string? TextOf(int id) => (uint)id < (uint)_texts.Length ? _texts[id] : null;

    /// <summary>The bytes a token stands for; empty for an id without one.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) =>
        (uint)id < (uint)_texts.Length ? _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]) : [];

    /// <summary>How tokens are written.</summary>
    public TokenSpelling Spelling { get; }

    /// <summary>The id of a text, -1 if there is none.</summary>
    public int IdOf(string text) => _ids.GetValueOrDefault(text, -1);

    /// <summary>The id of a text, -1 if there is none.</summary>
    public int IdOf(ReadOnlySpan<char> text) => _ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out int id) ? id : -1;

    /// <summary>Does the token stand for one byte of a longer character?</summary>
    public bool IsByte(int id) => _isByte is not null && (uint)id < (uint)_isByte.Length && _isByte[id];

    /// <summary>The id of the model's token with exactly these bytes, -1 if there is none.</summary>
    public int IdOf(ReadOnlySpan<byte> bytes)
    {
        int slot = (int)(Hash(bytes) & (uint)(_slots.Length - 1));
        for (int id = _slots[slot] - 1; id >= 0; id = _slots[slot] - 1)
        {
            if (BytesOf(id).SequenceEqual(bytes))
            {
                return id;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        return -1;
    }

    // FNV-1a, then mixed: tokens are short.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
