namespace Razum.Training.Loop;

/// <summary>An answer to look at.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Text">All that the model wrote.</param>
/// <param name="Reward">What it earned.</param>
/// <param name="Tokens">Its length.</param>
public sealed record PolicyExample(string Prompt, string Text, double Reward, int Tokens);
