namespace Razum.Training.Schedules;

/// <summary>
/// Several stages one after the other, as DeepSeek-V3 was trained: constant, cosine to a lower rate, constant there, then another constant.
/// The value of the last stage's end is held.
/// </summary>
/// <param name="Stages">In order, each ending later than the one before.</param>
public sealed record StagedSchedule(IReadOnlyList<ScheduleStage> Stages) : Schedule
{
    private protected override double AfterWarmup(int step)
    {
        int from = Warmup;
        foreach (ScheduleStage stage in Stages)
        {
            if (step < stage.Until)
            {
                double u = (double)(step - from) / (stage.Until - from);
                double towards = stage.Shape == StageShape.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * u)) : 1 - u;
                return stage.To + ((stage.From - stage.To) * towards);
            }

            from = stage.Until;
        }

        return Stages[^1].To;
    }
}
