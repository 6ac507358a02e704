namespace Razum.Training.Schedules;

/// <summary>One stage of a <see cref="StagedSchedule"/>: from the end of the stage before up to step <paramref name="Until"/>.</summary>
/// <param name="Until">First step that no longer belongs to it.</param>
/// <param name="From">Factor at its beginning.</param>
/// <param name="To">Factor it goes towards; equal to <paramref name="From"/> for a constant.</param>
/// <param name="Shape">The way between.</param>
public sealed record ScheduleStage(int Until, double From, double To, StageShape Shape = StageShape.Linear);
