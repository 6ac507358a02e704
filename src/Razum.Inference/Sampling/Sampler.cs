using Razum.Inference.Speculation;

namespace Razum.Inference.Sampling;

/// <summary>
/// Chooses the tokens of one request, one row of logits after the other. It keeps what depends on the tokens so far; the working memory is the
/// engine's <see cref="Candidates"/>. Nothing is allocated after construction. A choice depends on logits, prompt, output, options and seed alone.
/// </summary>
internal sealed class Sampler
{
    private const ulong DraftSalt = 0xD1B54A32D192ED03;
    private const ulong DecisionSalt = 0x8CB92BA72F3D8DD7;

    private readonly SamplingOptions _options;
    private readonly LogitBias? _bias;
    private readonly TokenCounts? _counts;
    private readonly RandomStream _random;
    private readonly RandomStream _drafts; // numbers that draw drafts, and those that decide on them: other ones, so that nothing depends on itself
    private readonly RandomStream _decisions;
    private long _drawn;

    /// <param name="options">Checked by <see cref="SamplingOptions.Validate"/>.</param>
    /// <param name="vocabSize">Number of tokens in a row of logits.</param>
    /// <param name="prompt">What the repetition penalty counts besides the output.</param>
    /// <param name="seed">Fixes the draws.</param>
    public Sampler(SamplingOptions options, int vocabSize, ReadOnlySpan<int> prompt, ulong seed)
    {
        _options = options;
        _bias = options.LogitBias is { Count: > 0 } biases ? new LogitBias(biases) : null;
        _counts = Penalties.Change(options) ? new TokenCounts(vocabSize, prompt) : null;
        _random = new RandomStream(seed);
        _drafts = new RandomStream(seed ^ DraftSalt);
        _decisions = new RandomStream(seed ^ DecisionSalt);
    }

    /// <summary>Chooses the next token of the output.</summary>
    public int Next(ReadOnlySpan<float> logits, Candidates candidates)
    {
        Filter(logits, candidates);
        return Take(InverseCdf.Draw(candidates, _random[_drawn]));
    }

    /// <summary>Draws a guess at the token <paramref name="depth"/> places after the next one from a drafter's logits, and leaves the distribution it came from.</summary>
    public int Draft(ReadOnlySpan<float> logits, Candidates candidates, int depth)
    {
        Filter(logits, candidates);
        return InverseCdf.Draw(candidates, _drafts[_drawn + depth]);
    }

    /// <summary>Chooses the next token of the output, given a guess at it and where that came from.</summary>
    public int Verify(ReadOnlySpan<float> logits, Candidates candidates, int draft, DraftDistribution distribution, out bool accepted)
    {
        Filter(logits, candidates);
        return Take(Rejection.Choose(candidates, distribution, draft, _decisions[_drawn], _random[_drawn], out accepted));
    }

    /// <summary>Takes note of a token of the output.</summary>
    public void Append(int token) => _counts?.Add(token);

    /// <summary>Everything up to the draw: leaves the tokens that may be drawn, with their weights.</summary>
    public void Filter(ReadOnlySpan<float> logits, Candidates candidates)
    {
        candidates.Load(logits);
        Adjust(candidates.Logits);
        if (_options.Temperature == 0)
        {
            candidates.KeepBest();
            return;
        }

        candidates.Divide(_options.Temperature);
        MinP.Apply(candidates, _options.MinP);
        TopK.Apply(candidates, _options.TopK);
        TopP.Apply(candidates, _options.TopP);
    }

    /// <summary>The steps that change logits: bias, then penalties.</summary>
    public void Adjust(Span<double> logits)
    {
        _bias?.Apply(logits);
        if (_counts is not null)
        {
            Penalties.Apply(logits, _counts, _options);
        }
    }

    private int Take(int token)
    {
        _drawn++;
        Append(token);
        return token;
    }
}
