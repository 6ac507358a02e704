namespace Razum.Training.Verifiers;

/// <summary>
/// Judges completions by rule. Verifiers hold no state that changes and may be used by several threads; the same input always gets the same verdict,
/// so work is bounded by counting steps, never by a clock.
/// </summary>
public abstract class Verifier
{
    /// <summary>The name in run files and in <see cref="VerifierRegistry"/>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it decides if the answer is right; false for form, length and style.</summary>
    public virtual bool JudgesAnswer => true;

    /// <summary>Judges <paramref name="completion"/>. Never throws: what goes wrong in here becomes <see cref="VerdictOutcome.Error"/> with a message.</summary>
    public Verdict Verify(Problem problem, Completion completion)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        try
        {
            return Judge(problem, completion);
        }
        catch (Exception fault)
        {
            string source = problem.Source.Length > 0 ? problem.Source + ": " : "";
            return Verdict.Error($"{Name}: {source}{fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>The answer of <paramref name="problem"/> as it belongs into a completion that this verifier must call correct.</summary>
    public virtual string WrittenAnswer(Problem problem) => problem.Answer;

    /// <summary>As <see cref="Verify"/>; an exception becomes an error.</summary>
    protected abstract Verdict Judge(Problem problem, Completion completion);
}
