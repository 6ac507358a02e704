namespace Razum.Inference.Measures;

/// <summary>The mean of what was measured so far and its standard error, sqrt((mean(x^2) - mean(x)^2) / (n - 1)).</summary>
public struct Estimate
{
    private double _sum;
    private double _squares;

    /// <summary>n.</summary>
    public long Count { get; private set; }

    public readonly double Mean => Count == 0 ? 0 : _sum / Count;

    public readonly double StandardError => Count < 2 ? 0 : Math.Sqrt(Math.Max(0, (_squares / Count) - (Mean * Mean)) / (Count - 1));

    public void Add(double value)
    {
        (_sum, _squares) = (_sum + value, _squares + (value * value));
        Count++;
    }
}
