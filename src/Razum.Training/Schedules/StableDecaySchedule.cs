namespace Razum.Training.Schedules;

/// <summary>Warm-up, stable, decay (WSD, arXiv 2404.06395): 1 until step T - D, then down to r within D steps.</summary>
/// <param name="Steps">T, everything included.</param>
/// <param name="Decay">D.</param>
/// <param name="MinRatio">r; above 0 for the exponential shape.</param>
/// <param name="Shape">The way down.</param>
public sealed record StableDecaySchedule(int Steps, int Decay, double MinRatio, DecayShape Shape) : Schedule
{
    private protected override double AfterWarmup(int step)
    {
        if (step < Steps - Decay)
        {
            return 1;
        }

        double u = Decay == 0 ? 1 : Math.Min(1, (double)(step - (Steps - Decay)) / Decay);
        return Shape switch
        {
            DecayShape.Sqrt => 1 - ((1 - MinRatio) * Math.Sqrt(u)),
            DecayShape.Cosine => HalfCosine(u, MinRatio),
            DecayShape.Exponential => Math.Pow(MinRatio, u),
            _ => 1 - ((1 - MinRatio) * u),
        };
    }
}
