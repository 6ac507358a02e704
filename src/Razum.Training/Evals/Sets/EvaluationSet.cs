using Razum.Training.Data;
using Razum.Training.Verifiers;

namespace Razum.Training.Evals.Sets;

/// <summary>Questions of a published data set and how their answers are judged.</summary>
/// <param name="Name">Row of the report.</param>
/// <param name="Verifier">Judges answers.</param>
/// <param name="Directive">What follows each question: the form in which the answer is wanted.</param>
/// <param name="Problems">The questions alone, with their answers.</param>
public sealed record EvaluationSet(string Name, Verifier Verifier, string Directive, IReadOnlyList<Problem> Problems)
{
    /// <summary>At most <paramref name="count"/> of the questions, a random choice that <paramref name="seed"/> fixes; null for all, in their order.</summary>
    public EvaluationFamily ToFamily(int? count, int seed)
    {
        IEnumerable<Problem> chosen = count is { } n && n < Problems.Count
            ? Enumerable.Range(0, n).Select(i => Problems[(int)Shuffle.Permute(i, Problems.Count, Shuffle.Hash((ulong)seed, 0))])
            : Problems;
        return new EvaluationFamily(Name, [.. chosen.Select(p => EvaluationPrompt.Of(p, Verifier, $"{p.Prompt}\n\n{Directive}"))]);
    }
}
