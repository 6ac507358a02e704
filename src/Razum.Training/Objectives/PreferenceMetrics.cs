namespace Razum.Training.Objectives;

/// <summary>What one watches beside a preference loss: means over the pairs added so far.</summary>
public sealed class PreferenceMetrics
{
    private int _pairs;
    private int _ordered;
    private double _chosenReward;
    private double _rejectedReward;
    private double _chosenLogProb;
    private double _rejectedLogProb;
    private double _chosenLogRatio;
    private double _rejectedLogRatio;
    private long _chosenTokens;
    private long _rejectedTokens;

    /// <summary>beta log(pi / pi_ref) of the chosen answers: what they would have earned from the reward model that the policy implies.</summary>
    public double ChosenReward => Mean(_chosenReward);

    /// <summary>The same of the rejected ones.</summary>
    public double RejectedReward => Mean(_rejectedReward);

    /// <summary>Chosen less rejected reward.</summary>
    public double Margin => Mean(_chosenReward - _rejectedReward);

    /// <summary>Share of pairs whose chosen answer has the larger reward.</summary>
    public double Accuracy => Mean(_ordered);

    /// <summary>log pi of the chosen answers.</summary>
    public double ChosenLogProb => Mean(_chosenLogProb);

    /// <summary>log pi of the rejected answers.</summary>
    public double RejectedLogProb => Mean(_rejectedLogProb);

    /// <summary>log(pi / pi_ref) of a token of the chosen answers: below 0 they have become less likely.</summary>
    public double ChosenLogRatioPerToken => _chosenLogRatio / Math.Max(_chosenTokens, 1);

    /// <summary>log(pi_ref / pi) of a token of all answers: an estimate of KL(pi_ref || pi) where the reference wrote them.</summary>
    public double ReferenceKl => -(_chosenLogRatio + _rejectedLogRatio) / Math.Max(_chosenTokens + _rejectedTokens, 1);

    /// <summary>All by the names they have in a log.</summary>
    public IEnumerable<(string Name, double Value)> Values =>
    [
        ("reward_chosen", ChosenReward),
        ("reward_rejected", RejectedReward),
        ("accuracy", Accuracy),
        ("margin", Margin),
        ("logps_chosen", ChosenLogProb),
        ("logps_rejected", RejectedLogProb),
        ("kl_reference", ReferenceKl),
    ];

    internal void Add(SequenceLogProb chosen, SequenceLogProb rejected, double beta)
    {
        _pairs++;
        _ordered += chosen.LogRatio > rejected.LogRatio ? 1 : 0;
        _chosenReward += beta * chosen.LogRatio;
        _rejectedReward += beta * rejected.LogRatio;
        _chosenLogProb += chosen.LogProb;
        _rejectedLogProb += rejected.LogProb;
        _chosenLogRatio += chosen.LogRatio;
        _rejectedLogRatio += rejected.LogRatio;
        _chosenTokens += chosen.Tokens;
        _rejectedTokens += rejected.Tokens;
    }

    private double Mean(double sum) => sum / Math.Max(_pairs, 1);
}
