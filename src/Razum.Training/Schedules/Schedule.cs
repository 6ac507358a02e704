namespace Razum.Training.Schedules;

/// <summary>
/// A learning-rate schedule: the factor on the peak rate that update number s = 0, 1, ... uses. Warm-up gives (s + 1) / W, so that the first
/// update is not wasted on rate 0. After its last step a schedule holds its final value.
/// </summary>
public abstract record Schedule
{
    /// <summary>W: updates of linear warm-up.</summary>
    public int Warmup { get; init; }

    /// <summary>The factor of update <paramref name="step"/>, counted from 0.</summary>
    public double Factor(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return step < Warmup ? (step + 1.0) / Warmup : AfterWarmup(step);
    }

    private protected abstract double AfterWarmup(int step);

    /// <summary>Half a cosine from 1 at u = 0 to <paramref name="end"/> at u = 1.</summary>
    private protected static double HalfCosine(double u, double end) => end + ((1 - end) * 0.5 * (1 + Math.Cos(Math.PI * u)));
}
