namespace Razum.Training.Schedules;

/// <summary>Multiplied by a factor at every cut (DeepSeek-V2: 0.316 at 60 % and at 90 % of the steps).</summary>
/// <param name="Steps">T, warm-up included.</param>
/// <param name="Multiplier">The factor.</param>
/// <param name="Cuts">Shares of T at which it strikes.</param>
public sealed record CutSchedule(int Steps, double Multiplier, IReadOnlyList<double> Cuts) : Schedule
{
    private protected override double AfterWarmup(int step) => Math.Pow(Multiplier, Cuts.Count(cut => step >= cut * Steps));
}
