namespace Razum.Training.Schedules;

/// <summary>1 - (1 - r) (s - W) / (T - W), held at r from step T on.</summary>
/// <param name="Steps">T, warm-up included.</param>
/// <param name="MinRatio">r.</param>
public sealed record LinearSchedule(int Steps, double MinRatio) : Schedule
{
    private protected override double AfterWarmup(int step) => step < Steps ? 1 - ((1 - MinRatio) * (step - Warmup) / (Steps - Warmup)) : MinRatio;
}
