namespace Razum.Models.Gguf;

/// <summary>Where a published tensor may stand in a GGUF file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Change">What was done to it.</param>
/// <param name="Expert">Which of the stacked matrices; 0 for others.</param>
public readonly record struct GgufPlace(string Name, NameChange Change, int Expert);
