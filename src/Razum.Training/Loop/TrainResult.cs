namespace Razum.Training.Loop;

/// <summary>How a run ended.</summary>
/// <param name="Completed">Whether all steps are done; otherwise it was cancelled and can be resumed by the same command.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Folder">The finished model, or the checkpoint to resume from.</param>
public sealed record TrainResult(bool Completed, int Step, string Folder);
