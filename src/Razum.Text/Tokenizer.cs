using System.Text;
using System.Text.Unicode;
using Razum.Text.Gguf;
using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// A byte-level BPE tokenizer from a Hugging Face <c>tokenizer.json</c> (DeepSeek-V3/R1, Llama 3, Qwen 2/3, GPT-2 and their like): text to ids and back.
/// Encoding: added tokens that are not normalised are cut out of the raw text; the rest is normalised and cut by the normalised ones; each stretch is
/// split into pieces by the published pattern, and each piece becomes ids by BPE over its UTF-8 bytes. Immutable and safe to share between threads.
/// Chat templates, streams and other tokenizer families are not here.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenTable _tokens;
    private readonly BytePairEncoder _encoder;
    private readonly Normalizer _normalizer;
    private readonly SplitStep[] _steps;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;
    private readonly PieceCache _cache = new();
    private readonly bool[] _special;
    private readonly int[] _prefix;
    private readonly bool _trimOffsets;
    private readonly bool _keepFirstBlank;
    private TokenSink? _spare;

    private Tokenizer(TokenizerJson json, TokenizerConfig config)
    {
        Config = config;
        (_tokens, _encoder, _normalizer, _steps) = (json.Tokens, json.Encoder, json.Normalizer, json.Steps);
        (_trimOffsets, _keepFirstBlank) = (json.TrimOffsets, json.KeepFirstBlank);
        _raw = new AddedTokenMatcher(json.AddedTokens.Where(t => !t.Normalized), content => content);
        _normalized = new AddedTokenMatcher(json.AddedTokens.Where(t => t.Normalized), _normalizer.Normalize);
        _special = new bool[_tokens.Size];
        foreach (AddedToken token in json.AddedTokens)
        {
            _special[token.Id] |= token.Special;
        }

        BosId = Find(json.File, "bos_token", config.BosToken);
        EosId = Find(json.File, "eos_token", config.EosToken);
        PadId = config.PadToken is null ? null : TokenToId(config.PadToken); // fine-tunes name pads that no vocabulary has
        _prefix = json.Prefix ?? (config.AddBosToken != true ? []
            : BosId is int bos ? [bos] : throw new InvalidDataException($"{json.File}: add_bos_token is true, but there is no bos_token"));
        if (_prefix.FirstOrDefault(id => _tokens.TextOf(id) is null, -1) is int missing and >= 0)
        {
            throw new InvalidDataException($"{json.File}: post_processor: id {missing} is no token");
        }
    }

    /// <summary>What <c>tokenizer_config.json</c> says.</summary>
    public TokenizerConfig Config { get; }

    /// <summary>One more than the largest token id. A model's embedding may be larger (padded), never smaller.</summary>
    public int VocabSize => _tokens.Size;

    /// <summary>The ids an encoded prompt begins with: bos, or nothing. Rendered chat templates already hold bos: do not add it twice.</summary>
    public ReadOnlySpan<int> Prefix => _prefix;

    /// <summary>The id of the begin-of-text token, if the configuration names one.</summary>
    public int? BosId { get; }

    /// <summary>The id of the token that ends a turn, if the configuration names one.</summary>
    public int? EosId { get; }

    /// <summary>The id of the padding token, if the configuration names one.</summary>
    public int? PadId { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken => _tokens.LongestToken;

    /// <summary>Reads a <c>tokenizer.json</c>, or the folder that holds one, with the <c>tokenizer_config.json</c> beside it (which may be absent).</summary>
    /// <exception cref="InvalidDataException">The file is broken or uses something that is not supported; the message says what and where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        string file = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, "tokenizer.json") : folderOrFile;
        return File.Exists(file)
            ? new Tokenizer(TokenizerJson.Load(file), TokenizerConfig.Load(Path.GetDirectoryName(Path.GetFullPath(file))!))
            : throw new FileNotFoundException($"{file}: no such file", file);
    }

    /// <summary>The tokenizer of a GGUF file.</summary>
    /// <param name="vocabulary">What the file says of it.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The vocabulary is damaged, or of a kind that is not supported; the message says what and where.</exception>
    public static Tokenizer FromGguf(GgufVocabulary vocabulary, string file)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        TokenizerJson json = TokenizerJson.Parse(file, GgufTokenizerJson.Write(vocabulary, file));
        return new Tokenizer(json, new TokenizerConfig
        {
            BosToken = Token(vocabulary.BosTokenId),
            EosToken = Token(vocabulary.EosTokenId),
            PadToken = Token(vocabulary.PaddingTokenId),
            AddBosToken = (vocabulary.AddBosToken ?? vocabulary.Pre == "llama-bpe") && vocabulary.BosTokenId is not null,
            ChatTemplate = vocabulary.ChatTemplate,
        });

        string? Token(int? id) => id is { } known && (uint)known < (uint)vocabulary.Tokens.Count ? vocabulary.Tokens[known] : null;
    }

    /// <summary>The id of a token by its text in the vocabulary (bytes as letters: "Ġthe") or as an added token; null if there is none.</summary>
    public int? TokenToId(string token) => _tokens.IdOf(token) is int id and >= 0 ? id : null;

    /// <summary>The text of a token as the vocabulary writes it; null for an id without one.</summary>
    public string? IdToToken(int id) => _tokens.TextOf(id);

    /// <summary>The raw bytes a token stands for; empty for an id without one. They need not be whole characters.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => _tokens.BytesOf(id);

    /// <summary>Is this a control token (left out by <c>skipSpecial</c>)?</summary>
    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    /// <summary>Text to ids.</summary>
    /// <param name="text">Any text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addBos">Begin with <see cref="Prefix"/>.</param>
    /// <param name="parseSpecial">Control tokens written in the text become their ids; otherwise they are plain text (tokens that are added but not special
    /// are always parsed).</param>
    public int[] Encode(ReadOnlySpan<char> text, bool addBos = false, bool parseSpecial = true)
    {
        TokenSink sink = Run(text, addBos, parseSpecial, wantsOffsets: false);
        int[] ids = [.. sink.Ids];
        Volatile.Write(ref _spare, sink);
        return ids;
    }

    /// <summary>Text to ids, added to a list. Parameters as in <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> output, bool addBos = false, bool parseSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(output);
        TokenSink sink = Run(text, addBos, parseSpecial, wantsOffsets: false);
        output.AddRange(sink.Ids);
        Volatile.Write(ref _spare, sink);
    }

    /// <summary>Text to ids with the span of text each came from: start, end, start, end, ... in code points. Without <see cref="Prefix"/>.</summary>
    public (int[] Ids, int[] Offsets) EncodeWithOffsets(ReadOnlySpan<char> text, bool parseSpecial = true)
    {
        TokenSink sink = Run(text, addBos: false, parseSpecial, wantsOffsets: true);
        int[] codePoints = new int[text.Length + 1]; // UTF-16 position to code points before it
        for (int i = 0; i < text.Length; i++)
        {
            bool second = i > 0 && char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]);
            codePoints[i + 1] = codePoints[i] + (second ? 0 : 1);
        }

        int[] ids = [.. sink.Ids], offsets = [.. sink.Offsets];
        (int, int)[] blanks = [.. sink.Blanks];
        Volatile.Write(ref _spare, sink);
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = codePoints[offsets[i]];
        }

        if (_trimOffsets)
        {
            TrimOffsets(blanks, offsets);
        }

        return (ids, offsets);
    }

    /// <summary>Ids to text; bytes that are no characters become U+FFFD, ids without a token nothing.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecial">Leave control tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        int size = 0;
        foreach (int id in ids)
        {
            size += skipSpecial && IsSpecial(id) ? 0 : BytesOf(id).Length;
        }

        byte[] bytes = new byte[size];
        int at = 0;
        foreach (int id in ids)
        {
            if (!skipSpecial || !IsSpecial(id))
            {
                BytesOf(id).CopyTo(bytes.AsSpan(at));
                at += BytesOf(id).Length;
            }
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private int? Find(string file, string field, string? token) =>
        token is null ? null : TokenToId(token) ?? throw new InvalidDataException($"{file}: {field} \"{token}\" of tokenizer_config.json is no token");

    private TokenSink Run(ReadOnlySpan<char> text, bool addBos, bool parseSpecial, bool wantsOffsets)
    {
        TokenSink sink = Interlocked.Exchange(ref _spare, null) ?? new TokenSink();
        sink.Clear(wantsOffsets);
        if (addBos)
        {
            sink.Add(_prefix);
        }

        int at = 0, search = 0;
        while (_raw.Next(text, at, parseSpecial, ref search, out AddedToken token, out int start, out int end))
        {
            EncodeRaw(text, at, Math.Max(start, at), parseSpecial, sink);
            sink.Add(token.Id, start, end, sink.WantsOffsets ? Blanks(text[start..end]) : default);
            at = end;
        }

        EncodeRaw(text, at, text.Length, parseSpecial, sink);
        return sink;
    }

    // text[from..to] holds no raw added token.
    private void EncodeRaw(ReadOnlySpan<char> text, int from, int to, bool parseSpecial, TokenSink sink)
    {
        if (from >= to)
        {
            return;
        }

        ReadOnlySpan<char> part = text[from..to];
        AlignedText? aligned = _normalizer.IsNormal(part) ? null : _normalizer.Normalize(part);
        var segment = new Segment(aligned is null ? part : aligned.Chars, aligned, from);
        int at = 0, search = 0;
        while (_normalized.Next(segment.Text, at, parseSpecial, ref search, out AddedToken token, out int start, out int end))
        {
            Split(segment, at, Math.Max(start, at), 0, sink);
            sink.Add(token.Id, segment.Start(start), segment.End(end - 1), sink.WantsOffsets ? Blanks(segment.Text[start..end]) : default);
            at = end;
        }

        Split(segment, at, segment.Text.Length, 0, sink);
    }

    private void Split(in Segment segment, int from, int to, int step, TokenSink sink)
    {
        if (from >= to)
        {
            return;
        }

        if (step == _steps.Length)
        {
            EncodePiece(segment, from, to, sink);
            return;
        }

        ReadOnlySpan<char> text = segment.Text[from..to];
        int at = 0;
        while (at < text.Length)
        {
            bool found = _steps[step].Next(text, at, out int start, out int end);
            Split(segment, from + at, from + start, step + 1, sink);
            if (found)
            {
                Split(segment, from + start, from + end, step + 1, sink);
            }

            at = end;
        }
    }

    private void EncodePiece(in Segment segment, int from, int to, TokenSink sink)
    {
        ReadOnlySpan<char> piece = segment.Text[from..to];
        if (!_cache.TryGet(piece, out ReadOnlySpan<int> ids))
        {
            sink.Reserve(piece.Length * 3);
            Utf8.FromUtf16(piece, sink.Bytes, out _, out int bytes, replaceInvalidSequences: true);
            ids = sink.PieceIds.AsSpan(0, _encoder.Encode(sink.Bytes.AsSpan(0, bytes), sink.PieceIds, sink.Scratch));
            if (piece.Length <= PieceCache.MaxLength)
            {
                _cache.Add(piece, ids);
            }
        }

        if (sink.WantsOffsets)
        {
            AddWithOffsets(segment, from, piece, ids, sink);
        }
        else
        {
            sink.Add(ids);
        }
    }

    // A token spans the characters of its first and its last byte.
    private void AddWithOffsets(in Segment segment, int from, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids, TokenSink sink)
    {
        var unitOfByte = new List<int>(piece.Length * 3); // for each byte that has a token: where its character begins
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < piece.Length;)
        {
            int count = new Rune(CharClass.CodePointAt(piece, i, out int length)).EncodeToUtf8(utf8);
            foreach (byte b in utf8[..count])
            {
                if (_encoder.Knows(b))
                {
                    unitOfByte.Add(from + i);
                }
            }

            i += length;
        }

        int at = 0;
        foreach (int id in ids)
        {
            int length = BytesOf(id).Length;
            sink.Add(id, segment.Start(unitOfByte[at]), segment.End(unitOfByte[at + length - 1]), Blanks(IdToToken(id)));
            at += length;
        }
    }

    // Each token's span without the blanks at the ends of its text, one code point per blank.
    private void TrimOffsets(ReadOnlySpan<(int Leading, int Trailing)> blanks, Span<int> offsets)
    {
        for (int i = 0; i < blanks.Length; i++)
        {
            ref int start = ref offsets[i * 2], end = ref offsets[(i * 2) + 1];
            int leading = _keepFirstBlank && (i == 0 || start == 0) ? 0 : blanks[i].Leading;
            start = Math.Min(start + leading, end);
            end = end >= blanks[i].Trailing ? Math.Max(end - blanks[i].Trailing, start) : end;
        }
    }

    // How many blanks a token's text begins and ends with; an added token's text is what it took from the input, blanks that it strips included.
    private static (int Leading, int Trailing) Blanks(ReadOnlySpan<char> text)
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

    /// <summary>A stretch of (normalised) text and where it came from.</summary>
    private readonly ref struct Segment(ReadOnlySpan<char> text, AlignedText? aligned, int origin)
    {
        private readonly AlignedText? _aligned = aligned;
        private readonly int _origin = origin;

        public ReadOnlySpan<char> Text { get; } = text;

        public int Start(int unit) => _origin + (_aligned is null ? unit : _aligned.Start(unit));

        /// <summary>The end of the character that has <paramref name="unit"/>.</summary>
        public int End(int unit) => _origin + (_aligned is not null ? _aligned.End(unit)
            : unit + (char.IsHighSurrogate(Text[unit]) && unit + 1 < Text.Length && char.IsLowSurrogate(Text[unit + 1]) ? 2 : 1));
    }
}
