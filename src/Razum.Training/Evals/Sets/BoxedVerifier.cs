using Razum.Training.Verifiers;

namespace Razum.Training.Evals.Sets;

/// <summary>The last box of the answer, or what stands in its answer tags, against the gold: equal as texts, but for spaces, dollar signs and thousands commas.</summary>
internal sealed class BoxedVerifier : Verifier
{
    public override string Name => "boxed";

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string final = completion.Final;
        int open = final.LastIndexOf("<answer>", StringComparison.Ordinal);
        int close = final.LastIndexOf("</answer>", StringComparison.Ordinal);
        string? tagged = open >= 0 && close > open ? final[(open + "<answer>".Length)..close] : null;
        string? answer = EvaluationSets.LastBox(final) ?? tagged;
        return !completion.Ended ? Verdict.NoAnswer("cut off")
            : string.IsNullOrWhiteSpace(answer) ? Verdict.NoAnswer("no box")
            : Verdict.Of(Plain(answer) == Plain(problem.Answer), answer.Trim());
    }

    private static string Plain(string text)
    {
        string plain = string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c is not '$'));
        return plain.Replace(",", "", StringComparison.Ordinal).TrimEnd('.');
    }
}
