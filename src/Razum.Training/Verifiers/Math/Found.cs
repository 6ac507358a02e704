namespace Razum.Training.Verifiers.Math;

/// <summary>A piece of a text, where it is and whether a percent sign follows.</summary>
internal readonly record struct Found(int Start, int End, string Text, bool IsPercent);
