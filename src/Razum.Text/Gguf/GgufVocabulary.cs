namespace Razum.Text.Gguf;

/// <summary>What a GGUF file says of its tokenizer (keys <c>tokenizer.ggml.*</c>), as plain values: whoever reads the file fills it, nothing here knows files.</summary>
public sealed record GgufVocabulary
{
    /// <summary>What byte-level BPE is called as a <see cref="Model"/>.</summary>
    public const string ByteLevel = "gpt2";

    /// <summary>Kind of tokenizer (<c>model</c>): <c>gpt2</c> for byte-level BPE, <c>llama</c> for SentencePiece.</summary>
    public required string Model { get; init; }

    /// <summary>Whether <see cref="Tokenizer.FromGguf"/> knows this kind.</summary>
    public bool IsSupported => GgufTokenizerJson.Supports(this);

    /// <summary>Name of the rule that splits text before BPE (<c>pre</c>).</summary>
    public string Pre { get; init; } = "default";

    /// <summary>Text of every token, by id.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Kind of every token: 1 normal, 2 unknown, 3 control, 4 added by the user, 5 unused, 6 a byte. May be empty.</summary>
    public IReadOnlyList<int> Types { get; init; } = [];

    /// <summary>Score of every token (SentencePiece). May be empty.</summary>
    public IReadOnlyList<float> Scores { get; init; } = [];

    /// <summary>Merges of BPE, "left right", best first.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    public int? BosTokenId { get; init; }

    public int? EosTokenId { get; init; }

    /// <summary>The token that ends a turn, where it is not the one that ends a text.</summary>
    public int? EotTokenId { get; init; }

    public int? UnknownTokenId { get; init; }

    public int? PaddingTokenId { get; init; }

    public bool? AddBosToken { get; init; }

    public bool? AddEosToken { get; init; }

    /// <summary>Whether texts begin with bos, also where the file does not say so.</summary>
    internal bool AddsBos => (AddBosToken ?? (Pre == "llama-bpe" || Model == "llama")) && BosTokenId is { } bos && (uint)bos < (uint)Tokens.Count;

    public bool? AddSpacePrefix { get; init; }

    /// <summary>The Jinja text of the chat template (<c>tokenizer.chat_template</c>).</summary>
    public string? ChatTemplate { get; init; }
}
