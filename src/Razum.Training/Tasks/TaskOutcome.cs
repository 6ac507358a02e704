namespace Razum.Training.Tasks;

/// <summary>What became of a completion. Only <see cref="Correct"/> scores.</summary>
public enum TaskOutcome
{
    /// <summary>The answer is right.</summary>
    Correct,

    /// <summary>The answer follows the task's grammar and is not right.</summary>
    Wrong,

    /// <summary>The answer does not follow the task's grammar.</summary>
    Unparseable,

    /// <summary>Not one thinking part followed by one answer part, or too long.</summary>
    Malformed,

    /// <summary>The end token was not produced.</summary>
    Truncated,

    /// <summary>The judgement itself failed; no task does that, a verifier of other problems may. Never trained on.</summary>
    Error,
}
