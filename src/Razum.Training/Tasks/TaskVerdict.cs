namespace Razum.Training.Tasks;

/// <summary>The judgement of one completion; <paramref name="Extracted"/> is the text between the answer tags, null where the form is broken.</summary>
public readonly record struct TaskVerdict(TaskOutcome Outcome, string? Extracted)
{
    /// <summary>1 for a correct answer, else 0; there is no partial credit.</summary>
    public int Score => Outcome == TaskOutcome.Correct ? 1 : 0;
}
