namespace Razum.Training.Objectives;

/// <summary>
/// The losses of reinforcement learning on sampled completions, all of one shape:
/// <code>loss = normalise_sum( keep c f(w, A, log pi) + beta KL(pi || pi_ref) ) - entropy_coef mean(H)</code>
/// f: <see cref="PolicyKind"/>; w: <see cref="RatioLevel"/>; c: <see cref="MismatchCorrection"/>, which weighs the policy term but not the KL; keep: V3.2's mask
/// of off-policy sequences. Only log-probabilities and entropies enter, so their gradients are all that a tape needs:
/// dlogits = dlogp (onehot - softmax) + the entropy's.
/// </summary>
public static class PolicyLoss
{
    /// <summary>This batch's part of the update's loss, and its gradients (overwritten). Allocates nothing.</summary>
    /// <param name="settings">The variant.</param>
    /// <param name="batch">Completions; the settings say which of its columns must be filled.</param>
    /// <param name="logProbGradient">d loss / d log pi, [tokens]; 0 where a token does not count.</param>
    /// <param name="entropyGradient">d loss / d entropy, [tokens]; may be empty without an entropy term.</param>
    /// <param name="metrics">Is added to.</param>
    /// <exception cref="ArgumentException">The batch lacks something, or a span has another length.</exception>
    public static double Evaluate(
        PolicySettings settings, PolicyBatch batch, Span<double> logProbGradient, Span<double> entropyGradient, PolicyMetrics metrics)
    {
        bool hasEntropyTerm = settings.EntropyCoef != 0;
        Require(logProbGradient.Length == batch.Tokens, "the gradient has another length than the batch");
        Require(entropyGradient.Length == batch.Tokens || (entropyGradient.IsEmpty && !hasEntropyTerm), "the entropy gradient has another length than the batch");
        Require(!settings.UsesReference || batch.HasReference, "the KL term needs log-probabilities of the reference");
        Require(!settings.UsesRollout || batch.HasRollout, "the mismatch correction needs log-probabilities of the rollout");
        Require(!hasEntropyTerm || batch.HasEntropies, "the entropy term needs entropies");
        Require(batch.UpdateSequences >= batch.Sequences, "UpdateSequences is not set");
        Require(settings.Normalise != Normalisation.Constant || settings.Kind == PolicyKind.Kimi || settings.MaxLength > 0, "max_length is not set");
        logProbGradient.Clear();
        entropyGradient.Clear();
        double loss = 0;
        for (int i = 0; i < batch.Sequences; i++)
        {
            PolicySequence sequence = new(settings, batch, batch[i]);
            metrics.AddSequence(sequence.Live, batch[i].ZeroVariance, sequence.Keep);
            loss += settings.Kind == PolicyKind.Kimi
                ? sequence.MirrorDescent(logProbGradient, metrics)
                : sequence.PolicyAndKl(logProbGradient, metrics);
            loss += hasEntropyTerm ? sequence.EntropyBonus(entropyGradient) : 0;
        }

        return loss;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException(what);
        }
    }
}
