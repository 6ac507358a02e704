using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>A penalty from 0 to -1: the share of n-grams that are repetitions, 1 - distinct / all (Yeo et al., arXiv 2502.03373).</summary>
internal sealed class RepetitionVerifier(int n, bool characters) : Verifier
{
    public override string Name => "repetition";

    public override bool JudgesAnswer => false;

    public static RepetitionVerifier Read(RunFields fields) =>
        new(fields.Whole("n", 3, most: 100), fields.Choice("unit", "words", "words", "characters") == "characters");

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string text = completion.Text.ToLowerInvariant();
        string[] units = characters
            ? [.. text.EnumerateRunes().Select(r => r.ToString())]
            : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int total = units.Length - n + 1;
        if (total <= 0)
        {
            return Verdict.Graded(0, 0);
        }

        var distinct = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < total; i++)
        {
            distinct.Add(string.Join('\n', units, i, n));
        }

        return Verdict.Graded(((double)distinct.Count / total) - 1, 0);
    }
}
