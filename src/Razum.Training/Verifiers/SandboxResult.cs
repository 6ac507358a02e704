namespace Razum.Training.Verifiers;

/// <summary>What a program did.</summary>
/// <param name="Output">What it printed, or the JSON text of what its function returned.</param>
/// <param name="Fault">Why it did not finish; null when it did.</param>
/// <param name="IsTimeout">Whether the clock ended it, which says nothing about the program.</param>
internal readonly record struct SandboxResult(string Output, string? Fault = null, bool IsTimeout = false);
