using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>Everything a tokenizer is made of, whatever file it was read from.</summary>
internal sealed record TokenizerDefinition
{
    /// <summary>The file, for messages.</summary>
    public required string File { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public required TokenTable Tokens { get; init; }

    public required BytePairEncoder Encoder { get; init; }

    public Normalizer Normalizer { get; init; } = Normalizer.None;

    public IReadOnlyList<PieceStep> Steps { get; init; } = [];

    /// <summary>The steps end in letters of the byte alphabet instead of text.</summary>
    public bool WritesByteLetters { get; init; }

    /// <summary>Ids that the post-processor puts before a text; null when it has no template.</summary>
    public IReadOnlyList<int>? Prefix { get; init; }

    /// <summary>Ids that it puts behind a text.</summary>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    /// <summary>Offsets leave out the blanks at the ends of a token.</summary>
    public bool TrimOffsets { get; init; }

    /// <summary>With <see cref="TrimOffsets"/>: the first token keeps its leading blanks.</summary>
    public bool KeepFirstBlank { get; init; }
}
