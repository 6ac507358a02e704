using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>What a model made of a prompt once.</summary>
/// <param name="Completion">All that it wrote, its thinking included, without the end token.</param>
/// <param name="Reasoning">The thinking alone.</param>
/// <param name="Answer">What it said after thinking.</param>
/// <param name="Verdict">The judgement.</param>
/// <param name="Tokens">Tokens written, the end token included.</param>
/// <param name="Logprob">Sum of their log-probabilities; 0 where they were not asked for.</param>
public sealed record Attempt(string Completion, string Reasoning, string Answer, TaskVerdict Verdict, int Tokens, double Logprob)
{
    /// <summary>Mean log-probability of a token: long attempts are not worse for being long.</summary>
    public double MeanLogprob => Tokens > 0 ? Logprob / Tokens : double.NegativeInfinity;

    public bool IsCorrect => Verdict.Outcome == TaskOutcome.Correct;

    /// <summary>Whether anything was thought before the answer.</summary>
    public bool Thinks => !string.IsNullOrWhiteSpace(Reasoning);
}
