using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>The kinds of piece in a SentencePiece vocabulary, by their published numbers.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>
/// A SentencePiece BPE vocabulary as a tokenizer: the pair whose piece has the highest score merges first, characters without a piece fall back to byte
/// tokens, a blank is <c>▁</c> and one is put in front. Control pieces are control tokens.
/// </summary>
internal sealed record SentencePieces
{
    private const char Mark = '\u2581';

    /// <summary>The file, for messages.</summary>
    public required string File { get; init; }

    /// <summary>Text, score and kind of every piece, by id.</summary>
    public required IReadOnlyList<(string Text, float Score, PieceKind Kind)> Pieces { get; init; }

    /// <summary>A blank is put in front.</summary>
    public bool AddsPrefix { get; init; } = true;

    /// <summary>It is put before every stretch of text, not only at the start.</summary>
    public bool PrefixesEachStretch { get; init; } = true;

    /// <summary>Further tokens, or other flags for pieces.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <exception cref="InvalidDataException">A piece is there twice.</exception>
    public TokenizerDefinition Build()
    {
        Dictionary<string, int> vocabulary = Ids();
        var added = new List<AddedToken>(Added);
        HashSet<int> known = [.. Added.Select(t => t.Id)];
        int unknown = -1;
        bool hasBytes = false;
        for (int id = 0; id < Pieces.Count; id++)
        {
            (string text, _, PieceKind kind) = Pieces[id];
            unknown = kind == PieceKind.Unknown && unknown < 0 ? id : unknown;
            hasBytes |= kind == PieceKind.Byte;
            if (kind is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined && text.Length > 0 && known.Add(id))
            {
                added.Add(new AddedToken(id, text, false, false, false, false, kind != PieceKind.UserDefined));
            }
        }

        if (Added.FirstOrDefault(t => vocabulary.TryGetValue(t.Content, out int id) && id != t.Id) is { Content: not null } other)
        {
            throw new InvalidDataException($"{File}: added token {other.Id} is another id in the vocabulary");
        }

        var spelling = new TokenSpelling { HasByteTokens = hasBytes, Replacements = [(Mark.ToString(), " ")], StripStart = AddsPrefix ? 1 : 0 };
        var tokens = new TokenTable(vocabulary, added, spelling);
        List<(int Left, int Right, int Merged, int Rank)> merges = Merges(vocabulary);
        bool cutsWords = WordBoundaries.AreSafe(vocabulary, merges.Select(m => Pieces[m.Merged].Text));
        PrefixRule rule = AddsPrefix && !PrefixesEachStretch ? PrefixRule.First : PrefixRule.Never;
        List<NormalizerStep> normalizers = AddsPrefix && PrefixesEachStretch ? [new NormalizerStep(NormalizerKind.Prepend, Mark.ToString())] : [];
        normalizers.Add(new NormalizerStep(NormalizerKind.Replace, Mark.ToString(), SplitStep.AtText(" ", SplitBehavior.Isolated, isInverted: false)));
        return new TokenizerDefinition
        {
            File = File,
            AddedTokens = added,
            Tokens = tokens,
            Encoder = new BytePairEncoder(tokens, new MergeTable(merges), ignoreMerges: false, new CharacterSymbols(Symbols(vocabulary), spelling, unknown, fusesUnknown: true)),
            Normalizer = rule == PrefixRule.Never ? new Normalizer(normalizers) : Normalizer.None,
            Steps = [.. rule == PrefixRule.Never ? (PieceStep[])[] : [new RewriteStep(Mark, Mark, rule, writesBytes: false)],
                .. cutsWords ? (PieceStep[])[WordBoundaries.Step] : []],
        };
    }

    /// <summary>Text to id.</summary>
    /// <exception cref="InvalidDataException">A piece is there twice.</exception>
    public Dictionary<string, int> Ids()
    {
        var ids = new Dictionary<string, int>(Pieces.Count, StringComparer.Ordinal);
        for (int id = 0; id < Pieces.Count; id++)
        {
            if (!ids.TryAdd(Pieces[id].Text, id))
            {
                throw new InvalidDataException($"{File}: piece {id} is there twice");
            }
        }

        return ids;
    }

    /// <summary>Every way to cut a piece in two; pieces of equal score share a rank, so that the leftmost pair goes first.</summary>
    public List<(int Left, int Right, int Merged, int Rank)> Merges(Dictionary<string, int> vocabulary)
    {
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        int[] order = [.. Enumerable.Range(0, Pieces.Count).Where(Merges).OrderByDescending(id => Pieces[id].Score)];
        var merges = new List<(int, int, int, int)>(order.Length * 2);
        int rank = 0;
        for (int i = 0; i < order.Length; i++)
        {
            (string text, float score, _) = Pieces[order[i]];
            rank += i > 0 && Pieces[order[i - 1]].Score != score ? 1 : 0;
            for (int cut = 1; cut < Math.Min(text.Length, 512); cut++)
            {
                if (!char.IsLowSurrogate(text[cut]) && ids.TryGetValue(text.AsSpan(0, cut), out int left) && ids.TryGetValue(text.AsSpan(cut), out int right)
                    && Merges(left) && Merges(right))
                {
                    merges.Add((left, right, order[i], rank));
                }
            }
        }

        return merges;
    }

    private bool Merges(int id) => Pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined;

    private Dictionary<string, int> Symbols(Dictionary<string, int> vocabulary) =>
        vocabulary.Where(entry => Merges(entry.Value) || Pieces[entry.Value].Kind == PieceKind.Byte).ToDictionary(StringComparer.Ordinal);
}
