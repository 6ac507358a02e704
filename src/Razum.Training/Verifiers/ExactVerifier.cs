using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>The very text of the right answer, surrounding white space apart: all that follows the thinking, or the one answer part.</summary>
internal sealed class ExactVerifier(bool part, bool ignoreCase) : Verifier
{
    private const string Open = "<answer>", Close = "</answer>";

    public override string Name => "exact";

    public static ExactVerifier Read(RunFields fields) =>
        new(fields.Choice("where", "answer", "answer", "text") == "answer", fields.Flag("ignore_case", false));

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string gold = problem.Answer.Trim(), text = completion.Final;
        if (gold.Length == 0)
        {
            return Verdict.Error($"{Name}: {problem.Source}: the right answer is empty");
        }

        if (!completion.Ended)
        {
            return Verdict.NoAnswer("cut off");
        }

        if (part || text.Contains(Open, StringComparison.Ordinal))
        {
            (int open, int close) = (text.IndexOf(Open, StringComparison.Ordinal), text.IndexOf(Close, StringComparison.Ordinal));
            if (open < 0 || close < open || open != text.LastIndexOf(Open, StringComparison.Ordinal) || close != text.LastIndexOf(Close, StringComparison.Ordinal))
            {
                return Verdict.NoAnswer("not one answer part");
            }

            text = text[(open + Open.Length)..close];
        }

        text = text.Trim();
        return text.Length == 0 ? Verdict.NoAnswer() : Verdict.Of(text.Equals(gold, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal), text);
    }
}
