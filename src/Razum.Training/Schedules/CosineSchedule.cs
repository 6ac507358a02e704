namespace Razum.Training.Schedules;

/// <summary>r + (1 - r) / 2 (1 + cos(pi (s - W) / (T - W))), held at r from step T on.</summary>
/// <param name="Steps">T, warm-up included.</param>
/// <param name="MinRatio">r.</param>
public sealed record CosineSchedule(int Steps, double MinRatio) : Schedule
{
    private protected override double AfterWarmup(int step) => step < Steps ? HalfCosine((double)(step - Warmup) / (Steps - Warmup), MinRatio) : MinRatio;
}
