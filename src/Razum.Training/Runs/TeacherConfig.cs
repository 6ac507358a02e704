using Razum.Training.Objectives;

namespace Razum.Training.Runs;

/// <summary>The teacher of a stage that distils on the student's own answers.</summary>
/// <param name="Folder">Folder of a model with the same vocabulary.</param>
/// <param name="Distillation">How it is followed; by default the reverse KL.</param>
public sealed record TeacherConfig(string Folder, DistillationSettings Distillation);
