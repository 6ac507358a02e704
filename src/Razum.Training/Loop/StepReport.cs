namespace Razum.Training.Loop;

/// <summary>What a stage says about a step it has done.</summary>
/// <param name="Progress">What there is to report; the loop fills in times and rates.</param>
/// <param name="Tokens">Tokens trained on or generated.</param>
/// <param name="Flops">Counted floating-point operations.</param>
/// <param name="Stop">Why the run must not go on, in plain words; null when it may.</param>
internal readonly record struct StepReport(TrainProgress Progress, long Tokens, double Flops, string? Stop = null);
