namespace Razum.Training.Objectives;

/// <summary>What the sum over tokens is divided by. Sequences are all of the update, also empty ones; tokens are the live ones.</summary>
public enum Normalisation
{
    /// <summary>Mean over the tokens of a sequence (at least 1), then over sequences: GRPO.</summary>
    SequenceMean,

    /// <summary>Mean over all tokens of the update: DAPO.</summary>
    TokenMean,

    /// <summary>Sum over sequences * max_length, a constant: Dr. GRPO.</summary>
    Constant,

    /// <summary>Sum over the tokens of a sequence, mean over sequences.</summary>
    SequenceSumMean,

    /// <summary>One term for a sequence, not one for a token; mean over sequences: RLOO.</summary>
    OnePerSequence,
}
