namespace Razum.Training.Objectives;

/// <summary>One answer as a preference loss sees it.</summary>
/// <param name="LogProb">Sum of log-probabilities of its tokens under the policy.</param>
/// <param name="Reference">The same under the reference.</param>
/// <param name="Tokens">How many tokens were summed.</param>
public readonly record struct SequenceLogProb(double LogProb, double Reference, int Tokens)
{
    /// <summary>log(pi / pi_ref) of the whole answer: the implicit reward, without beta.</summary>
    public double LogRatio => LogProb - Reference;

    /// <summary>The same as a mean over tokens.</summary>
    public double MeanLogRatio => LogRatio / Math.Max(Tokens, 1);
}
