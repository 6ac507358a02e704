using Razum.Training.Runs;
using Razum.Training.Verifiers.Math;

namespace Razum.Training.Verifiers;

/// <summary>
/// Answers that are mathematics, compared by meaning. Two policies: <c>reward</c> asks for one answer part or a box behind the thinking and for an end token;
/// <c>evaluation</c> looks for the answer wherever it may be stated, as math-verify does.
/// </summary>
internal sealed class MathVerifier(bool strict, MathSettings settings) : Verifier
{
    public override string Name => "math";

    public static MathVerifier Read(RunFields fields)
    {
        bool strict = fields.Choice("policy", "reward", "reward", "evaluation") == "reward";
        return new MathVerifier(strict, MathSettings.Evaluation with { Precision = fields.Whole("precision", 6, least: 0, most: 50) });
    }

    public override string WrittenAnswer(Problem problem) => problem.Answer.Contains(@"\boxed", StringComparison.Ordinal) ? problem.Answer : $@"\boxed{{{problem.Answer}}}";

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        ParsedAnswer gold = Truth(problem.Answer);
        if (gold.Node is null)
        {
            return Verdict.Error($"{Name}: {problem.Source}: the right answer cannot be read: {Short(problem.Answer)}");
        }

        if (strict && !completion.Ended)
        {
            return Verdict.NoAnswer("cut off");
        }

        StepBudget budget = new(settings.Steps);
        ParsedAnswer? answer = strict
            ? RewardSearch.Find(completion.Final, budget)
            : AnswerSearch.Find(completion.Final.Length > 0 ? completion.Final : completion.Whole, settings, budget);
        if (answer is null)
        {
            return Verdict.NoAnswer(strict ? "no answer in a box or in one answer part" : null);
        }

        try
        {
            return Verdict.Of(new AnswerComparison(settings, budget).AreEqual(gold, answer), answer.Source);
        }
        catch (NoValueException fault)
        {
            return Verdict.Wrong(answer.Source, fault.Message); // an answer that takes more than the budget is none of ours
        }
    }

    // For evaluations a truth may be a whole solution, and then its answer is found as the model's is.
    private ParsedAnswer Truth(string text)
    {
        StepBudget budget = new(settings.Steps);
        ParsedAnswer? stated = !strict && AnswerSearch.IsStated(text) ? AnswerSearch.Find(text, settings, budget) : null;
        ParsedAnswer whole = stated ?? RewardSearch.Truth(text, budget);
        return whole.Node is null && !strict ? AnswerSearch.Find(text, settings, budget) ?? whole : whole;
    }

    private static string Short(string text) => text.Length <= 60 ? text.ReplaceLineEndings(" ") : text[..57].ReplaceLineEndings(" ") + "...";
}
