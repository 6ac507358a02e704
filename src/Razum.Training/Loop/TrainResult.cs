namespace Razum.Training.Loop;

/// <summary>How a run ended.</summary>
/// <param name="Completed">Whether all steps are done; otherwise it was cancelled and can be resumed by the same command.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Folder">The finished model, the checkpoint to resume from, or, of a run that was stopped, the best model there was.</param>
/// <param name="Stopped">Why the run was stopped before its end, in plain words; null when it was not.</param>
public sealed record TrainResult(bool Completed, int Step, string Folder, string? Stopped = null);
