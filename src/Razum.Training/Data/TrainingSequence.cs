namespace Razum.Training.Data;

/// <summary>Tokens of one sequence, and for each whether predicting it is learned. Reusable.</summary>
public sealed class TrainingSequence
{
    /// <summary>The tokens; at least two.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>For each token 1 if it is a target, else 0. The first is never one: nothing comes before it.</summary>
    public List<float> Targets { get; } = [];

    /// <summary>Number of targets.</summary>
    public int TargetCount => Count(1);

    /// <summary>Number of targets that the prediction layer has: it cannot reach the second token.</summary>
    public int AheadTargetCount => Count(2);

    public void Clear()
    {
        Tokens.Clear();
        Targets.Clear();
    }

    /// <summary>Adds a token.</summary>
    public void Add(int token, bool isTarget)
    {
        Targets.Add(isTarget && Tokens.Count > 0 ? 1 : 0);
        Tokens.Add(token);
    }

    private int Count(int from)
    {
        int count = 0;
        for (int i = from; i < Targets.Count; i++)
        {
            count += Targets[i] != 0 ? 1 : 0;
        }

        return count;
    }
}
