namespace Razum.Inference;

/// <summary>Where guesses at the next tokens come from, which the model then checks in one step. Answers keep their distribution; greedy ones their tokens.</summary>
public enum SpeculationKind
{
    /// <summary>No guesses: a token a step.</summary>
    None,

    /// <summary>The model's own layer of multi-token prediction.</summary>
    Mtp,

    /// <summary>What followed the last few tokens where they stood before, in prompt or answer.</summary>
    PromptLookup,
}
