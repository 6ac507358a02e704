namespace Razum.Training.Objectives;

/// <summary>One completion inside <see cref="PolicyLoss"/>: sums over its live tokens, then its share of loss and gradient.</summary>
internal readonly ref struct PolicySequence
{
    private readonly PolicySettings _settings;
    private readonly PolicyBatch _batch;
    private readonly PolicyBatch.Sequence _sequence;
    private readonly bool _counts;
    private readonly double _logProb;
    private readonly double _logRatio;
    private readonly double _mismatch;

    public PolicySequence(PolicySettings settings, PolicyBatch batch, PolicyBatch.Sequence sequence)
    {
        (_settings, _batch, _sequence) = (settings, batch, sequence);
        _counts = settings.Keeps(sequence.Truncated, sequence.ZeroVariance);
        for (int t = sequence.Start; t < sequence.Start + sequence.Count; t++)
        {
            if (IsLive(t))
            {
                Live++;
                _logProb += batch.LogProbs[t];
                _logRatio += batch.LogProbs[t] - batch.OldLogProbs[t];
                _mismatch += settings.UsesRollout ? batch.OldLogProbs[t] - batch.RolloutLogProbs[t] : 0;
            }
        }

        Keep = sequence.Advantage >= 0 || -_logRatio / Length <= settings.OffPolicyDelta;
    }

    /// <summary>Live tokens that count.</summary>
    public int Live { get; }

    /// <summary>DeepSeek-V3.2's mask: false for a bad answer that the policy has moved far from.</summary>
    public bool Keep { get; }

    private double Length => Math.Max(Live, 1);

    private double UpdateTokens => Math.Max(_batch.UpdateTokens, 1);

    /// <summary>The factor of the sum over this sequence's tokens.</summary>
    private double Scale => _settings.Normalise switch
    {
        Normalisation.SequenceMean => 1 / (Length * _batch.UpdateSequences),
        Normalisation.TokenMean => 1 / UpdateTokens,
        Normalisation.Constant => 1 / ((double)_batch.UpdateSequences * _settings.MaxLength),
        _ => 1.0 / _batch.UpdateSequences,
    };

    /// <summary>scale * sum_t ( keep c_t f(w_t, A, log pi_t) + beta KL_t )</summary>
    public double PolicyAndKl(Span<double> gradient, PolicyMetrics metrics)
    {
        bool perToken = _settings.Level == RatioLevel.Token;
        bool once = _settings.Normalise == Normalisation.OnePerSequence;
        (double scale, double advantage, double ofSequence) = (Scale, _sequence.Advantage, SequenceRatio());
        (double sum, double throughRatio) = (0, 0);
        if (!perToken)
        {
            metrics.AddRatio(ofSequence, advantage);
        }

        if (once)
        {
            // One term whatever the length; an empty completion has ratio 1.
            Surrogate term = Surrogate.Of(_settings, ofSequence, advantage, _logProb);
            double weight = Keep ? SequenceWeight() : 0;
            (sum, throughRatio) = (weight * term.Value, weight * term.RatioSlope);
        }

        for (int t = _sequence.Start; t < _sequence.Start + _sequence.Count; t++)
        {
            if (!IsLive(t))
            {
                continue;
            }

            metrics.AddToken(_batch, t);
            double p = _batch.LogProbs[t];
            double w = perToken ? Math.Exp(p - _batch.OldLogProbs[t]) : ofSequence;
            if (perToken)
            {
                metrics.AddRatio(w, advantage);
            }

            if (!once)
            {
                Surrogate term = Surrogate.Of(_settings, w, advantage, p);
                double weight = Keep ? TokenWeight(t) : 0;
                sum += weight * term.Value;
                throughRatio += weight * term.RatioSlope;
                gradient[t] = scale * weight * (term.LogProbSlope + (perToken ? term.RatioSlope * w : 0)); // dw / dlog pi = w
            }

            if (_settings.UsesReference)
            {
                KlTerm kl = KlTerm.Of(_settings.Kl, p, _batch.OldLogProbs[t], _batch.ReferenceLogProbs[t]);
                sum += _settings.Beta * kl.Value;
                gradient[t] += scale * _settings.Beta * kl.Slope;
            }
        }

        if (!perToken)
        {
            // Every token moves the one ratio of its sequence: dw / dlog pi_t = w / |o|, or w for the ratio of sums.
            AddToLive(gradient, scale * throughRatio * ofSequence / (_settings.Level == RatioLevel.SequenceMean ? Length : 1));
        }

        return scale * sum;
    }

    /// <summary>-(A S - tau/2 (S - S_old)^2) / sequences, S the sum of log-probabilities: Kimi k1.5's online mirror descent.</summary>
    public double MirrorDescent(Span<double> gradient, PolicyMetrics metrics)
    {
        for (int t = _sequence.Start; t < _sequence.Start + _sequence.Count; t++)
        {
            if (IsLive(t))
            {
                metrics.AddToken(_batch, t);
                metrics.AddRatio(Math.Exp(_batch.LogProbs[t] - _batch.OldLogProbs[t]), _sequence.Advantage);
            }
        }

        AddToLive(gradient, -(_sequence.Advantage - (_settings.Tau * _logRatio)) / _batch.UpdateSequences);
        return -((_sequence.Advantage * _logProb) - (_settings.Tau / 2 * _logRatio * _logRatio)) / _batch.UpdateSequences;
    }

    /// <summary>-entropy_coef * sum of entropies / live tokens of the update</summary>
    public double EntropyBonus(Span<double> gradient)
    {
        double slope = -_settings.EntropyCoef / UpdateTokens;
        double sum = 0;
        for (int t = _sequence.Start; t < _sequence.Start + _sequence.Count; t++)
        {
            if (IsLive(t))
            {
                sum += _batch.Entropies[t];
                gradient[t] = slope;
            }
        }

        return slope * sum;
    }

    private bool IsLive(int token) => _counts && _batch.Live[token];

    private double SequenceRatio() => _settings.Level switch
    {
        RatioLevel.SequenceMean => Math.Exp(_logRatio / Length),
        RatioLevel.SequenceSum => Math.Exp(_logRatio),
        _ => double.NaN, // tokens have their own
    };

    private double TokenWeight(int token)
    {
        if (_settings.Tis is not (MismatchCorrection.TokenTruncate or MismatchCorrection.TokenMask))
        {
            return SequenceWeight();
        }

        double e = Math.Exp(_batch.OldLogProbs[token] - _batch.RolloutLogProbs[token]);
        return _settings.Tis == MismatchCorrection.TokenTruncate ? Math.Min(e, _settings.TisCap)
            : e <= _settings.TisCap && e >= _settings.TisMin ? e : 0;
    }

    private double SequenceWeight()
    {
        double e = Math.Exp(_mismatch);
        return _settings.Tis switch
        {
            MismatchCorrection.SequenceTruncate => Math.Min(e, _settings.TisCap),
            MismatchCorrection.SequenceMask => e <= _settings.TisCap ? e : 0,
            _ => 1,
        };
    }

    private void AddToLive(Span<double> gradient, double slope)
    {
        for (int t = _sequence.Start; t < _sequence.Start + _sequence.Count; t++)
        {
            gradient[t] += IsLive(t) ? slope : 0;
        }
    }
}
