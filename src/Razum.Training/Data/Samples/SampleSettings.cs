namespace Razum.Training.Data.Samples;

/// <summary>What a file of samples was made with: its first line. A run goes on only with the same.</summary>
/// <param name="Model">The model.</param>
/// <param name="Prompts">The prompts, in words.</param>
/// <param name="Temperature">Temperature of the draws.</param>
/// <param name="TopP">Probability mass of the draws.</param>
/// <param name="MaxTokens">The longest answer.</param>
/// <param name="Seed">Seed of prompts and draws.</param>
public sealed record SampleSettings(string Model, string Prompts, double Temperature, double TopP, int MaxTokens, int Seed);
