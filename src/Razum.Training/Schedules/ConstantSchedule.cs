namespace Razum.Training.Schedules;

/// <summary>1 after the warm-up.</summary>
public sealed record ConstantSchedule : Schedule
{
    private protected override double AfterWarmup(int step) => 1;
}
