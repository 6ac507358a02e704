namespace Razum.Training.Verifiers;

/// <summary>The judgement of one completion by one verifier.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Score">1 for a right answer, else 0; graded verifiers give what lies between, penalties what lies below. NaN of an error: it must not be added up.</param>
/// <param name="Answer">The text that was judged, if any was found.</param>
/// <param name="Message">Why, in one line, where the outcome alone does not say it.</param>
public readonly record struct Verdict(VerdictOutcome Outcome, double Score, string? Answer = null, string? Message = null)
{
    public static Verdict Correct(string? answer = null) => new(VerdictOutcome.Correct, 1, answer);

    public static Verdict Wrong(string? answer = null, string? message = null) => new(VerdictOutcome.Wrong, 0, answer, message);

    public static Verdict NoAnswer(string? message = null) => new(VerdictOutcome.NoAnswer, 0, null, message);

    public static Verdict Error(string message) => new(VerdictOutcome.Error, double.NaN, null, message);

    /// <summary>Right or wrong.</summary>
    public static Verdict Of(bool correct, string? answer = null) => correct ? Correct(answer) : Wrong(answer);

    /// <summary>A share or a penalty; only the <paramref name="full"/> score counts as correct.</summary>
    public static Verdict Graded(double score, double full) => new(score >= full ? VerdictOutcome.Correct : VerdictOutcome.Wrong, score);
}
