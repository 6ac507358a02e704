namespace Razum.Training.Objectives;

/// <summary>
/// The completions of one micro-batch as <see cref="PolicyLoss"/> sees them: ragged and flat, one value per token of a completion, no padding.
/// Buffers grow and are used again. Fill: <see cref="Clear"/>, <see cref="Add"/> for each completion, then the spans.
/// </summary>
/// <remarks>
/// A loss is a mean over an UPDATE, which may be cut into micro-batches: <see cref="UpdateTokens"/> and <see cref="UpdateSequences"/> are the
/// denominators of the whole, so that the parts sum to the same loss and gradient.
/// </remarks>
public sealed class PolicyBatch
{
    private readonly List<Sequence> _sequences = [];
    private double[] _logProbs = [];
    private double[] _old = [];
    private double[] _reference = [];
    private double[] _rollout = [];
    private double[] _entropies = [];
    private bool[] _live = [];

    /// <summary>Tokens of all completions here.</summary>
    public int Tokens { get; private set; }

    /// <summary>Completions here.</summary>
    public int Sequences => _sequences.Count;

    /// <summary>Live tokens that the loss keeps, of the whole update.</summary>
    public long UpdateTokens { get; set; }

    /// <summary>Completions of the whole update, also empty ones and those that are left out.</summary>
    public int UpdateSequences { get; set; }

    /// <summary>Whether <see cref="ReferenceLogProbs"/> is filled.</summary>
    public bool HasReference { get; set; }

    /// <summary>Whether <see cref="RolloutLogProbs"/> is filled.</summary>
    public bool HasRollout { get; set; }

    /// <summary>Whether <see cref="Entropies"/> is filled.</summary>
    public bool HasEntropies { get; set; }

    /// <summary>log pi of each token under the policy that is trained.</summary>
    public Span<double> LogProbs => _logProbs.AsSpan(0, Tokens);

    /// <summary>log pi_old: the policy that sampled, as the trainer computes it.</summary>
    public Span<double> OldLogProbs => _old.AsSpan(0, Tokens);

    /// <summary>log pi_ref.</summary>
    public Span<double> ReferenceLogProbs => _reference.AsSpan(0, Tokens);

    /// <summary>log-probabilities as the engine that sampled reported them.</summary>
    public Span<double> RolloutLogProbs => _rollout.AsSpan(0, Tokens);

    /// <summary>Entropy of the policy at each token.</summary>
    public Span<double> Entropies => _entropies.AsSpan(0, Tokens);

    /// <summary>Whether the policy wrote the token; a tool's output inside a completion is not live. True after <see cref="Add"/>.</summary>
    public Span<bool> Live => _live.AsSpan(0, Tokens);

    /// <summary>Forgets the completions.</summary>
    public void Clear()
    {
        _sequences.Clear();
        (Tokens, UpdateTokens, UpdateSequences) = (0, 0, 0);
        (HasReference, HasRollout, HasEntropies) = (false, false, false);
    }

    /// <summary>Makes room for a completion of <paramref name="tokens"/> tokens (0 is allowed); returns the index of its first.</summary>
    /// <param name="tokens">Length.</param>
    /// <param name="advantage">From <see cref="Advantages"/>.</param>
    /// <param name="truncated">Whether it has no end token.</param>
    /// <param name="zeroVariance">Whether its group has equal rewards.</param>
    public int Add(int tokens, double advantage, bool truncated = false, bool zeroVariance = false)
    {
        int start = Tokens;
        Tokens = checked(start + tokens);
        if (_logProbs.Length < Tokens)
        {
            int size = (int)Math.Max(Tokens, Math.Min(2L * _logProbs.Length, Array.MaxLength));
            Array.Resize(ref _logProbs, size);
            Array.Resize(ref _old, size);
            Array.Resize(ref _reference, size);
            Array.Resize(ref _rollout, size);
            Array.Resize(ref _entropies, size);
            Array.Resize(ref _live, size);
        }

        _live.AsSpan(start, tokens).Fill(true);
        _sequences.Add(new Sequence(start, tokens, advantage, truncated, zeroVariance));
        return start;
    }

    /// <summary>Declares these completions to be the whole update.</summary>
    public void IsWholeUpdate(PolicySettings settings) => (UpdateTokens, UpdateSequences) = (KeptTokens(settings), Sequences);

    /// <summary>Live tokens here that the loss keeps.</summary>
    public long KeptTokens(PolicySettings settings)
    {
        long kept = 0;
        foreach (Sequence sequence in _sequences)
        {
            kept += settings.Keeps(sequence.Truncated, sequence.ZeroVariance) ? Live.Slice(sequence.Start, sequence.Count).Count(true) : 0;
        }

        return kept;
    }

    internal Sequence this[int index] => _sequences[index];

    /// <summary>One completion: its tokens are [Start, Start + Count).</summary>
    internal readonly record struct Sequence(int Start, int Count, double Advantage, bool Truncated, bool ZeroVariance);
}
