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

    /// <summary>All by the names they have in a log.</summary>
    public IEnumerable<(string Name, double Value)> Values =>
    [
        ("reward_chosen", Mean(_chosenReward)),
        ("reward_rejected", Mean(_rejectedReward)),
        ("accuracy", Mean(_ordered)),
        ("margin", Mean(_chosenReward - _rejectedReward)),
        ("logps_chosen", Mean(_chosenLogProb)),
        ("logps_rejected", Mean(_rejectedLogProb)),
    ];

    internal void Add(SequenceLogProb chosen, SequenceLogProb rejected, double beta)
    {
        _pairs++;
        _ordered += chosen.LogRatio > rejected.LogRatio ? 1 : 0;
        _chosenReward += beta * chosen.LogRatio;
        _rejectedReward += beta * rejected.LogRatio;
        _chosenLogProb += chosen.LogProb;
        _rejectedLogProb += rejected.LogProb;
    }

    private double Mean(double sum) => sum / Math.Max(_pairs, 1);
}
