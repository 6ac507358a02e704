namespace Razum.Inference.Sampling;

/// <summary>
/// Chooses the tokens of one request, one row of logits after the other. It keeps what depends on the tokens so far; the working memory is the
/// engine's <see cref="Candidates"/>. Nothing is allocated after construction. A choice depends on logits, prompt, output, options and seed alone.
/// </summary>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly LogitBias? _bias;
    private readonly TokenCounts? _counts;
    private readonly RandomStream _random;
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
    }

    /// <summary>Chooses the next token of the output.</summary>
    public int Next(ReadOnlySpan<float> logits, Candidates candidates)
    {
        Filter(logits, candidates);
        int token = InverseCdf.Draw(candidates, _random[_drawn++]);
        Append(token);
        return token;
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
}
