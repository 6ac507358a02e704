namespace Razum.Training.Schedules;

/// <summary>The way from the beginning to the end of a <see cref="ScheduleStage"/>.</summary>
public enum StageShape
{
    Linear,
    Cosine,
}
