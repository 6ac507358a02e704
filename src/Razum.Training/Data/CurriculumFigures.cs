namespace Razum.Training.Data;

/// <summary>What a curriculum did in a step.</summary>
/// <param name="PassedOver">Share of the problems that came up which were not asked.</param>
/// <param name="Rate">Mean pass rate, before the step, of those that were and had been asked before; null if none had.</param>
/// <param name="Levels">Pass rate after the step of every level of a task that was asked.</param>
public sealed record CurriculumFigures(double PassedOver, double? Rate, IReadOnlyList<(string Task, int Level, double Rate)> Levels);
