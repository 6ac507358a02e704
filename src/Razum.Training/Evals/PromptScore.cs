using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>The attempts at one prompt, and what follows from them.</summary>
/// <param name="Greedy">The most probable answer.</param>
/// <param name="Samples">Draws, in their order; none where nothing was sampled.</param>
public sealed record PromptScore(Attempt Greedy, IReadOnlyList<Attempt> Samples)
{
    public int Correct => Samples.Count(s => s.IsCorrect);

    /// <summary>Share of draws that are right.</summary>
    public double Mean => (double)Correct / Samples.Count;

    /// <summary>Whether the most frequent answer of the draws is right (of equally frequent ones the first drawn). Draws without an answer have no vote.</summary>
    public bool MajorityIsCorrect => Samples
        .Where(s => s.Verdict is { Extracted: not null, Outcome: TaskOutcome.Correct or TaskOutcome.Wrong })
        .GroupBy(s => s.Verdict.Extracted)
        .MaxBy(answer => answer.Count())?.First().IsCorrect ?? false;

    /// <summary>Whether the draw of the highest mean log-probability is right (of equal ones the first).</summary>
    public bool BestIsCorrect => Samples.MaxBy(s => s.MeanLogprob)?.IsCorrect ?? false;

    /// <summary>Unbiased probability that one of <paramref name="k"/> draws is right.</summary>
    public double PassAt(int k) => Statistics.PassAtK(Samples.Count, Correct, k);
}
