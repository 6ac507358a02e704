namespace Razum.Training.Objectives;

/// <summary>
/// What one watches beside the loss, summed over the micro-batches of an update by <see cref="PolicyLoss.Evaluate"/>. Means are over live tokens;
/// of ratios and clipping, over sequences when a ratio belongs to a sequence.
/// </summary>
public sealed class PolicyMetrics(PolicySettings settings)
{
    private double _ratios;
    private double _entropy;
    private KlSums _reference;
    private KlSums _old;
    private long _low;
    private long _high;
    private long _capped;
    private long _kept;
    private bool _hasReference;
    private bool _hasEntropies;

    public long LiveTokens { get; private set; }

    /// <summary>All sequences, also those without a live token.</summary>
    public int Sequences { get; private set; }

    public int LiveSequences { get; private set; }

    public int ZeroVarianceSequences { get; private set; }

    public double RatioMean => _ratios / Ratios;

    public double RatioMax { get; private set; }

    /// <summary>Mean entropy; null if the batches had none.</summary>
    public double? Entropy => _hasEntropies ? _entropy / Tokens : null;

    /// <summary>Mean k3 estimate of KL(pi || pi_ref); null without a reference.</summary>
    public double? ReferenceKl => _hasReference ? _reference.K3 / Tokens : null;

    /// <summary>Mean k3 estimate of KL(pi_old || pi); 0 on policy.</summary>
    public double OldKl => _old.K3 / Tokens;

    /// <summary>Share of ratios clipped from below, with a negative advantage.</summary>
    public double ClipLow => (double)_low / Ratios;

    /// <summary>Share of ratios clipped from above, with a positive advantage.</summary>
    public double ClipHigh => (double)_high / Ratios;

    /// <summary>All that apply to the settings, by the names they have in a log.</summary>
    public IEnumerable<(string Name, double Value)> Values
    {
        get
        {
            yield return ("ratio_mean", RatioMean);
            yield return ("ratio_max", RatioMax);
            if (_hasEntropies)
            {
                yield return ("entropy", _entropy / Tokens);
            }

            if (_hasReference)
            {
                yield return ("kl_ref_k1", _reference.K1 / Tokens);
                yield return ("kl_ref_k2", _reference.K2 / Tokens);
                yield return ("kl_ref_k3", _reference.K3 / Tokens);
                yield return ("kl_ref_k3_unbiased", _reference.K3Unbiased / Tokens);
            }

            yield return ("kl_old_k1", _old.K1 / Tokens);
            yield return ("kl_old_k3", OldKl);
            yield return ("live_tokens", LiveTokens);
            yield return ("live_sequences", LiveSequences);
            yield return ("zero_variance_sequences", ZeroVarianceSequences);
            if (settings.Kind == PolicyKind.Clip)
            {
                yield return ("clip_low", ClipLow);
                yield return ("clip_high", ClipHigh);
                yield return ("clip_region", ClipLow + ClipHigh);
            }

            if (settings.Kind == PolicyKind.Cispo)
            {
                yield return ("cispo_clip", (double)_capped / Ratios);
            }

            if (double.IsFinite(settings.OffPolicyDelta))
            {
                yield return ("off_policy_kept", (double)_kept / Math.Max(Sequences, 1));
            }
        }
    }

    private double Tokens => Math.Max(LiveTokens, 1);

    private double Ratios => settings.Level == RatioLevel.Token ? Tokens : Math.Max(Sequences, 1);

    internal void AddSequence(int live, bool zeroVariance, bool kept)
    {
        Sequences++;
        LiveTokens += live;
        LiveSequences += live > 0 ? 1 : 0;
        ZeroVarianceSequences += zeroVariance ? 1 : 0;
        _kept += kept ? 1 : 0;
    }

    internal void AddRatio(double w, double advantage)
    {
        _ratios += w;
        RatioMax = Math.Max(RatioMax, w);
        _low += w < 1 - settings.EpsLow && advantage < 0 ? 1 : 0;
        _high += w > 1 + settings.EpsHigh && advantage > 0 ? 1 : 0;
        _capped += w > settings.Cap && advantage > 0 ? 1 : 0;
    }

    internal void AddToken(PolicyBatch batch, int token)
    {
        double p = batch.LogProbs[token];
        double old = batch.OldLogProbs[token];
        _old.Add(old, old, p); // samples are the old policy's: an estimate of KL(pi_old || pi)
        if (batch.HasReference)
        {
            _hasReference = true;
            _reference.Add(p, old, batch.ReferenceLogProbs[token]);
        }

        if (batch.HasEntropies)
        {
            _hasEntropies = true;
            _entropy += batch.Entropies[token];
        }
    }

    private struct KlSums
    {
        public double K1;
        public double K2;
        public double K3;
        public double K3Unbiased;

        public void Add(double logProb, double old, double other)
        {
            K1 += KlTerm.Of(KlEstimator.K1, logProb, old, other).Value;
            K2 += KlTerm.Of(KlEstimator.K2, logProb, old, other).Value;
            K3 += KlTerm.Of(KlEstimator.K3, logProb, old, other).Value;
            K3Unbiased += KlTerm.Of(KlEstimator.K3Unbiased, logProb, old, other).Value;
        }
    }
}
