namespace Razum.Training.Objectives;

/// <summary>
/// One policy-gradient loss. Every published variant is a choice of these; <see cref="Preset"/> knows them by name, a run file may change any field
/// (<c>"objective": {"preset": "dapo", "dynamic_sampling": true}</c>).
/// </summary>
public sealed record PolicySettings
{
    private static readonly PolicySettings s_grpo = new()
    {
        EpsLow = 0.2,
        EpsHigh = 0.2,
        Advantage = AdvantageKind.StdSample,
        Kl = KlEstimator.K3,
        Beta = 0.04,
        Normalise = Normalisation.SequenceMean,
    };

    private static readonly PolicySettings s_dapo = new() { EpsLow = 0.2, EpsHigh = 0.28, Advantage = AdvantageKind.StdSample, Normalise = Normalisation.TokenMean };

    public PolicyKind Kind { get; init; }

    public AdvantageKind Advantage { get; init; }

    /// <summary>The ratio is clipped below 1 - eps_low.</summary>
    public double EpsLow { get; init; } = double.PositiveInfinity;

    /// <summary>The ratio is clipped above 1 + eps_high.</summary>
    public double EpsHigh { get; init; } = double.PositiveInfinity;

    /// <summary>Largest ratio of the branch that is not clipped (two-sided clip).</summary>
    public double Delta { get; init; } = double.PositiveInfinity;

    /// <summary>CISPO: the largest weight itself, not 1 + eps as the paper writes it.</summary>
    public double Cap { get; init; } = double.PositiveInfinity;

    /// <summary>Kimi: strength of the pull to the old policy.</summary>
    public double Tau { get; init; }

    public KlEstimator Kl { get; init; }

    /// <summary>Factor of the KL term.</summary>
    public double Beta { get; init; }

    public RatioLevel Level { get; init; }

    public Normalisation Normalise { get; init; }

    /// <summary>The constant of <see cref="Normalisation.Constant"/>: the most tokens of a completion.</summary>
    public int MaxLength { get; init; }

    /// <summary>DeepSeek-V3.2: sequences with A &lt; 0 and mean(log pi_old - log pi) above this are left out.</summary>
    public double OffPolicyDelta { get; init; } = double.PositiveInfinity;

    public MismatchCorrection Tis { get; init; }

    public double TisCap { get; init; } = double.PositiveInfinity;

    /// <summary>Least weight that <see cref="MismatchCorrection.TokenMask"/> keeps.</summary>
    public double TisMin { get; init; }

    /// <summary>Groups without variance of rewards leave numerator and denominator (DAPO samples others in their place).</summary>
    public bool DynamicSampling { get; init; }

    /// <summary>Truncated completions leave the loss; their rewards still count in the advantages of their group (overlong filter).</summary>
    public bool MaskTruncated { get; init; }

    /// <summary>Factor of the mean entropy that is subtracted.</summary>
    public double EntropyCoef { get; init; }

    /// <summary>Logits are divided by this before the softmax: the temperature of the samples.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>All presets by name.</summary>
    public static IReadOnlyDictionary<string, PolicySettings> Presets { get; } = new Dictionary<string, PolicySettings>
    {
        ["grpo"] = s_grpo, // arXiv 2402.03300
        ["r1"] = s_grpo with { EpsLow = 10, EpsHigh = 10, Beta = 0.001 }, // arXiv 2501.12948, supplement
        ["dr_grpo"] = new() { EpsLow = 0.2, EpsHigh = 0.2, Advantage = AdvantageKind.Centered, Normalise = Normalisation.Constant }, // arXiv 2503.20783
        ["dapo"] = s_dapo, // arXiv 2503.14476
        ["gspo"] = s_grpo with { EpsLow = 3e-4, EpsHigh = 4e-4, Kl = KlEstimator.None, Beta = 0, Level = RatioLevel.SequenceMean }, // arXiv 2507.18071
        ["cispo"] = new() { Kind = PolicyKind.Cispo, Cap = 5, Advantage = AdvantageKind.StdSample, Normalise = Normalisation.TokenMean }, // arXiv 2506.13585
        ["reinforce"] = new() { Kind = PolicyKind.Reinforce, Advantage = AdvantageKind.Centered, Normalise = Normalisation.TokenMean },
        ["rloo"] = new()
        {
            EpsLow = 0.2,
            EpsHigh = 0.2,
            Advantage = AdvantageKind.Rloo,
            Level = RatioLevel.SequenceSum,
            Normalise = Normalisation.OnePerSequence,
        }, // arXiv 2402.14740
        ["reinforce_baseline"] = s_grpo with
        {
            Advantage = AdvantageKind.ReinforcePpOpenrlhf,
            Kl = KlEstimator.K2,
            Normalise = Normalisation.TokenMean,
        }, // REINFORCE++-baseline, arXiv 2501.03262
        ["kimi_k15"] = new() { Kind = PolicyKind.Kimi, Tau = 0.1, Advantage = AdvantageKind.Centered }, // arXiv 2501.12599
        ["two_sided"] = s_dapo with { Delta = 4 }, // INTELLECT-2, arXiv 2505.07291
        ["v32"] = s_grpo with { Advantage = AdvantageKind.Centered, Kl = KlEstimator.K3Unbiased, OffPolicyDelta = 0.05 }, // arXiv 2512.02556
    };

    internal bool UsesReference => Kl != KlEstimator.None && Beta != 0;

    internal bool UsesRollout => Tis != MismatchCorrection.None;

    /// <summary>The variant called <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">No such name.</exception>
    public static PolicySettings Preset(string name) =>
        Presets.TryGetValue(name, out PolicySettings? settings) ? settings : throw new ArgumentException($"no preset {name}; known ones are {string.Join(", ", Presets.Keys)}");

    /// <summary>Whether the tokens of a sequence count, in the loss and in its denominators.</summary>
    public bool Keeps(bool truncated, bool zeroVariance) => !(MaskTruncated && truncated) && !(DynamicSampling && zeroVariance);
}
