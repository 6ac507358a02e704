namespace Razum.Training.Loop;

/// <summary>What the updates of a step add up to.</summary>
internal readonly record struct PolicyUpdate
{
    /// <summary>Answers that had a gradient.</summary>
    public int Learned { get; init; }

    public double Loss { get; init; }

    /// <summary>Largest norm of an update's gradient, before clipping.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Tokens trained on, prompts included.</summary>
    public long Tokens { get; init; }

    public double Flops { get; init; }

    /// <summary>Tokens whose log-probability was compared with the sampler's.</summary>
    public long Compared { get; init; }

    /// <summary>Those that differed.</summary>
    public long Mismatch { get; init; }

    /// <summary>Tokens whose experts were compared with the sampler's, counted in every layer that has some; on weights that have moved since.</summary>
    public long Routed { get; init; }

    /// <summary>Those whose router would have chosen others.</summary>
    public long RoutingChanged { get; init; }

    /// <summary>This and more.</summary>
    public PolicyUpdate Plus(PolicyUpdate other) => new()
    {
        Learned = Learned + other.Learned,
        Loss = Loss + other.Loss,
        GradientNorm = Math.Max(GradientNorm, other.GradientNorm),
        Tokens = Tokens + other.Tokens,
        Flops = Flops + other.Flops,
        Compared = Compared + other.Compared,
        Mismatch = Mismatch + other.Mismatch,
        Routed = Routed + other.Routed,
        RoutingChanged = RoutingChanged + other.RoutingChanged,
    };
}
