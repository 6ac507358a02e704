using Razum.Training.Tasks;

namespace Razum.Training.Data.Samples;

/// <summary>One answer that a model gave when it was sampled.</summary>
/// <param name="Family">The task or data set that was asked.</param>
/// <param name="Problem">Key of the problem: its attempts belong together.</param>
/// <param name="Index">Number of the prompt in its run.</param>
/// <param name="Draw">Number of the draw of this prompt.</param>
/// <param name="Prompt">What the user said.</param>
/// <param name="Reasoning">The thinking.</param>
/// <param name="Answer">What was said after it.</param>
/// <param name="Outcome">The judgement.</param>
/// <param name="Tokens">Tokens written.</param>
/// <param name="Logprob">Sum of their log-probabilities.</param>
public sealed record Sample(
    string Family, string Problem, int Index, int Draw, string Prompt, string Reasoning, string Answer, TaskOutcome Outcome, int Tokens, double Logprob);
