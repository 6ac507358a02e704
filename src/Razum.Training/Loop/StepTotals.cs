namespace Razum.Training.Loop;

/// <summary>What the micro-batches of one step add up to.</summary>
internal sealed class StepTotals(int layers, int experts)
{
    public double Main { get; set; }

    public double Mtp { get; set; }

    public double Balance { get; set; }

    /// <summary>Rows routed to each expert, for each mixture in the order of <c>Decoder.Mixtures</c>.</summary>
    public long[][] Loads { get; } = [.. Enumerable.Range(0, layers).Select(_ => new long[experts])];

    public void Clear()
    {
        (Main, Mtp, Balance) = (0, 0, 0);
        foreach (long[] load in Loads)
        {
            Array.Clear(load);
        }
    }
}
