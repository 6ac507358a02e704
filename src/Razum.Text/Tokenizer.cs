using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Razum.Text.Gguf;
using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// A BPE tokenizer: text to ids and back. Read from a Hugging Face <c>tokenizer.json</c>, tiktoken ranks, a SentencePiece model or a GGUF file.
/// Encoding: added tokens that are not normalised are cut out of the raw text; the rest is normalised and cut by the normalised ones; each stretch is
/// split into pieces by the published pattern, and each piece becomes ids by BPE over its UTF-8 bytes (or its characters, as SentencePiece does).
/// Immutable and safe to share between threads. WordPiece and Unigram are not here.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenTable _tokens;
    private readonly TokenSpelling _spelling;
    private readonly PieceEncoder _pieces;
    private readonly Normalizer _normalizer;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;
    private readonly bool[] _special;
    private readonly int[] _prefix;
    private readonly int[] _suffix;
    private readonly bool _trimOffsets;
    private readonly bool _keepFirstBlank;
    private TokenSink? _spare;

    private Tokenizer(TokenizerDefinition definition, TokenizerConfig config)
    {
        Config = config;
        (_tokens, _normalizer, _spelling) = (definition.Tokens, definition.Normalizer, definition.Tokens.Spelling);
        _pieces = new PieceEncoder(definition);
        (_trimOffsets, _keepFirstBlank) = (definition.TrimOffsets, definition.KeepFirstBlank);
        _raw = new AddedTokenMatcher(definition.AddedTokens.Where(t => !t.Normalized), content => content);
        _normalized = new AddedTokenMatcher(definition.AddedTokens.Where(t => t.Normalized), _normalizer.Normalize);
        _special = new bool[_tokens.Size];
        foreach (AddedToken token in definition.AddedTokens)
        {
            _special[token.Id] |= token.Special;
        }

        string file = definition.File;
        BosId = Find(file, "bos_token", config.BosToken);
        EosId = Find(file, "eos_token", config.EosToken);
        PadId = config.PadToken is null ? null : TokenToId(config.PadToken); // fine-tunes name pads that no vocabulary has
        _prefix = definition.Prefix is { } prefix ? [.. prefix] : config.AddBosToken != true ? []
            : BosId is int bos ? [bos] : throw new InvalidDataException($"{file}: add_bos_token is true, but there is no bos_token");
        _suffix = definition.Prefix is not null ? [.. definition.Suffix] : config.AddEosToken != true ? []
            : EosId is int eos ? [eos] : throw new InvalidDataException($"{file}: add_eos_token is true, but there is no eos_token");
        if (_prefix.Concat(_suffix).FirstOrDefault(id => _tokens.TextOf(id) is null, -1) is int missing and >= 0)
        {
            throw new InvalidDataException($"{file}: post_processor: id {missing} is no token");
        }
    }

    /// <summary>What <c>tokenizer_config.json</c> says.</summary>
    public TokenizerConfig Config { get; }

    /// <summary>One more than the largest token id. A model's embedding may be larger (padded), never smaller.</summary>
    public int VocabSize => _tokens.Size;

    /// <summary>The ids an encoded prompt begins with: bos, or nothing. Rendered chat templates already hold bos: do not add it twice.</summary>
    public ReadOnlySpan<int> Prefix => _prefix;

    /// <summary>The ids an encoded text ends with where <see cref="Prefix"/> is added: nothing in nearly all models.</summary>
    public ReadOnlySpan<int> Suffix => _suffix;

    /// <summary>The id of the begin-of-text token, if the configuration names one.</summary>
    public int? BosId { get; }

    /// <summary>The id of the token that ends a turn, if the configuration names one.</summary>
    public int? EosId { get; }

    /// <summary>The id of the padding token, if the configuration names one.</summary>
    public int? PadId { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken => _tokens.LongestToken;

    /// <summary>How tokens are written and decoded.</summary>
    internal TokenSpelling Spelling => _spelling;

    /// <summary>
    /// Reads the tokenizer of a folder (<c>tokenizer.json</c>, else <c>tiktoken.model</c>, else <c>tokenizer.model</c>) or one of these files, with the
    /// <c>tokenizer_config.json</c> beside it (which may be absent).
    /// </summary>
    /// <exception cref="InvalidDataException">The file is broken or uses something that is not supported; the message says what and where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        string file = Directory.Exists(folderOrFile) ? FileOf(folderOrFile) ?? Path.Combine(folderOrFile, "tokenizer.json") : folderOrFile;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: no such file", file);
        }

        TokenizerConfig config = TokenizerConfig.Load(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return new Tokenizer(file.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? TokenizerJson.Load(file)
            : Path.GetFileName(file).Contains("tiktoken", StringComparison.OrdinalIgnoreCase) ? TiktokenFile.Load(file, config)
            : SentencePieceFile.Load(file, config), config);
    }

    /// <summary>The file in a folder that holds its tokenizer; null if there is none.</summary>
    public static string? FileOf(string folder) =>
        ((string[])["tokenizer.json", "tiktoken.model", "tokenizer.model"]).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The tokenizer of a GGUF file.</summary>
    /// <param name="vocabulary">What the file says of it.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The vocabulary is damaged, or of a kind that is not supported; the message says what and where.</exception>
    public static Tokenizer FromGguf(GgufVocabulary vocabulary, string file)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        TokenizerDefinition definition = vocabulary.Model == "llama" ? GgufSentencePieces.Read(vocabulary, file)
            : TokenizerJson.Parse(file, GgufTokenizerJson.Write(vocabulary, file));
        return new Tokenizer(definition, new TokenizerConfig
        {
            BosToken = Token(vocabulary.BosTokenId),
            EosToken = Token(vocabulary.EosTokenId),
            PadToken = Token(vocabulary.PaddingTokenId),
            AddBosToken = vocabulary.AddsBos,
            AddEosToken = vocabulary.AddEosToken == true && vocabulary.EosTokenId is not null,
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
    /// <param name="addBos">Begin with <see cref="Prefix"/> and end with <see cref="Suffix"/>.</param>
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
        var bytes = new ArrayBufferWriter<byte>(Math.Max(ids.Length * 4, 16));
        int run = 0; // the last so many bytes came from byte tokens
        bool first = true;
        foreach (int id in ids)
        {
            if (skipSpecial && IsSpecial(id))
            {
                continue;
            }

            bool isByte = _tokens.IsByte(id);
            if (!isByte && run > 0)
            {
                MendBytes(ref bytes, run);
                run = 0;
            }

            bytes.Write(BytesOf(id));
            run += isByte ? 1 : 0;
            if (first && _spelling.DroppedFromFirst != '\0')
            {
                string text = Encoding.UTF8.GetString(bytes.WrittenSpan).Replace(_spelling.DroppedFromFirst.ToString(), "", StringComparison.Ordinal);
                bytes.Clear();
                Encoding.UTF8.GetBytes(text, bytes);
            }

            first = false;
        }

        MendBytes(ref bytes, run);
        string decoded = Encoding.UTF8.GetString(bytes.WrittenSpan);
        int start = 0;
        while (start < Math.Min(_spelling.StripStart, decoded.Length) && decoded[start] == _spelling.Stripped)
        {
            start++;
        }

        return decoded[start..];
    }

    // Byte tokens in a row that are not UTF-8 as a whole become U+FFFD each, as the reference has it.
    private static void MendBytes(ref ArrayBufferWriter<byte> bytes, int run)
    {
        ReadOnlySpan<byte> written = bytes.WrittenSpan;
        if (run == 0 || Utf8.IsValid(written[^run..]))
        {
            return;
        }

        var mended = new ArrayBufferWriter<byte>(written.Length + (run * 3));
        mended.Write(written[..^run]);
        for (int i = 0; i < run; i++)
        {
            mended.Write("\uFFFD"u8);
        }

        bytes = mended;
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
            sink.Add(token.Id, start, end, sink.WantsOffsets ? TextSegment.Blanks(text[start..end]) : default);
            at = end;
        }

        EncodeRaw(text, at, text.Length, parseSpecial, sink);
        if (addBos)
        {
            sink.Add(_suffix);
        }

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
        var segment = new TextSegment(aligned is null ? part : aligned.Chars, aligned, from);
        int at = 0, search = 0;
        while (_normalized.Next(segment.Text, at, parseSpecial, ref search, out AddedToken token, out int start, out int end))
        {
            _pieces.Encode(segment, at, Math.Max(start, at), sink);
            sink.Add(token.Id, segment.Start(start), segment.End(end - 1), sink.WantsOffsets ? TextSegment.Blanks(segment.Text[start..end]) : default);
            at = end;
        }

        _pieces.Encode(segment, at, segment.Text.Length, sink);
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
}
