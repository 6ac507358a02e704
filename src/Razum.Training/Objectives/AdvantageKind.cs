namespace Razum.Training.Objectives;

/// <summary>How rewards r of a group (the completions of one prompt) become advantages.</summary>
public enum AdvantageKind
{
    /// <summary>r - mean: Dr. GRPO, Kimi k1.5, DeepSeek-V3.2.</summary>
    Centered,

    /// <summary>(r - mean) / (sample deviation + 1e-4): GRPO as TRL has it.</summary>
    StdSample,

    /// <summary>(r - mean) / (sample deviation + 1e-6): GRPO as verl and OpenRLHF have it.</summary>
    StdSampleVerl,

    /// <summary>(r - mean) / population deviation: GRPO's formula read literally.</summary>
    StdPopulation,

    /// <summary>(r - mean of the group) / (sample deviation of the whole batch + 1e-4).</summary>
    StdBatch,

    /// <summary>r - mean of the others in the group.</summary>
    Rloo,

    /// <summary>REINFORCE++-baseline: r - mean, then whitened over all live tokens (population variance, at least 1e-8).</summary>
    ReinforcePpOpenrlhf,

    /// <summary>The same with the sample variance, plus 1e-8.</summary>
    ReinforcePpVerl,
}
