namespace Razum.Training.Verifiers;

/// <summary>What a verifier made of a completion.</summary>
public enum VerdictOutcome
{
    /// <summary>There is an answer and it is right.</summary>
    Correct,

    /// <summary>There is an answer and it is not right.</summary>
    Wrong,

    /// <summary>There is nothing that could be judged: no answer in the form asked for, or the completion was cut off.</summary>
    NoAnswer,

    /// <summary>The judgement itself failed: a truth that cannot be read, a verifier that threw. Such a sample must not train.</summary>
    Error,
}
