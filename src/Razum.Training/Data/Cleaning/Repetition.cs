namespace Razum.Training.Data.Cleaning;

/// <summary>A conversation that is there already.</summary>
/// <param name="Where">Its place.</param>
/// <param name="Of">Place of the first one.</param>
public sealed record Repetition(string Where, string Of);
