namespace Razum.Training.Verifiers.Math;

/// <summary>An expression has no value here: undefined, out of range, beyond the budget, or of a kind that is not evaluated.</summary>
internal sealed class NoValueException(string message) : Exception(message);
