using Razum.Training.Objectives;

namespace Razum.Tests.Training.Objectives;

/// <summary>A golden batch of completions, made ragged: padding is cut off, a tool's output inside stays and is not live.</summary>
internal sealed class PolicyCase
{
    private readonly GoldenLosses _golden;
    private readonly int _width;
    private readonly int _vocabulary;

    public PolicyCase(GoldenLosses golden)
    {
        _golden = golden;
        (Sequences, _width, _vocabulary) = (golden.Inputs["logits"].Shape[0], golden.Inputs["logits"].Shape[1], golden.Inputs["logits"].Shape[2]);
        Rewards = golden.Inputs["rewards"].Values;
        Groups = [.. golden.Inputs["group"].Values.Select(g => (int)g)];
        Lengths = [.. Enumerable.Range(0, Sequences).Select(b => Enumerable.Range(0, _width).LastOrDefault(t => IsLive(b, t), -1) + 1)];
        LiveTokens = [.. Enumerable.Range(0, Sequences).Select(b => Enumerable.Range(0, _width).Count(t => IsLive(b, t)))];
    }

    public int Sequences { get; }

    public double[] Rewards { get; }

    public int[] Groups { get; }

    public int[] Lengths { get; }

    public int[] LiveTokens { get; }

    public double[] AdvantagesOf(AdvantageKind kind)
    {
        double[] advantages = new double[Sequences];
        Advantages.Compute(kind, Rewards, Groups, LiveTokens, advantages);
        return advantages;
    }

    /// <summary>The completions [from, to) of the update.</summary>
    public PolicyBatch Batch(PolicySettings settings, int from, int to)
    {
        PolicyBatch whole = Fill(settings, 0, Sequences);
        PolicyBatch part = Fill(settings, from, to);
        (part.UpdateTokens, part.UpdateSequences) = (whole.KeptTokens(settings), Sequences);
        return part;
    }

    /// <summary>Gradient by logits, [B, T, V], from those by log-probability and entropy of the completions [from, to).</summary>
    public void AddLogitGradient(PolicySettings settings, int from, int to, double[] logProbs, double[] entropies, double[] gradient)
    {
        int at = 0;
        for (int b = from; b < to; b++)
        {
            for (int t = 0; t < Lengths[b]; t++, at++)
            {
                int row = ((b * _width) + t) * _vocabulary;
                double[] p = LogSoftmax(settings, b, t);
                double[] of = LogitRows.Gradient(p, Id(b, t), logProbs[at], entropies[at], settings.Temperature);
                for (int v = 0; v < of.Length; v++)
                {
                    gradient[row + v] += of[v];
                }
            }
        }
    }

    private PolicyBatch Fill(PolicySettings settings, int from, int to)
    {
        double[] advantages = AdvantagesOf(settings.Advantage);
        bool[] zeroVariance = new bool[Sequences];
        Advantages.FindZeroVariance(Rewards, Groups, zeroVariance);
        var batch = new PolicyBatch();
        batch.Clear();
        for (int b = from; b < to; b++)
        {
            int at = batch.Add(Lengths[b], advantages[b], _golden.Inputs["truncated"].Values[b] != 0, zeroVariance[b]);
            for (int t = 0; t < Lengths[b]; t++, at++)
            {
                double[] p = LogSoftmax(settings, b, t);
                batch.LogProbs[at] = p[Id(b, t)];
                batch.Entropies[at] = LogitRows.Entropy(p);
                batch.OldLogProbs[at] = At("old_logps", b, t);
                batch.ReferenceLogProbs[at] = At("ref_logps", b, t);
                batch.RolloutLogProbs[at] = At("rollout_logps", b, t);
                batch.Live[at] = IsLive(b, t);
            }
        }

        (batch.HasReference, batch.HasRollout, batch.HasEntropies) = (true, true, true);
        return batch;
    }

    private double[] LogSoftmax(PolicySettings settings, int b, int t) =>
        LogitRows.LogSoftmax(_golden.Inputs["logits"].Values.AsSpan(((b * _width) + t) * _vocabulary, _vocabulary), settings.Temperature);

    private bool IsLive(int b, int t) => At("mask", b, t) != 0;

    private int Id(int b, int t) => (int)At("ids", b, t);

    private double At(string name, int b, int t) => _golden.Inputs[name].Values[(b * _width) + t];
}
