using Razum.Tensors;

namespace Razum.Models;

/// <summary>The experts of a model and who chooses among them.</summary>
public sealed record MoeConfig
{
    public required RouterShape Router { get; init; }

    /// <summary>Width of one routed expert.</summary>
    public required int MoeIntermediateSize { get; init; }

    /// <summary>Width of the shared expert; 0 for none.</summary>
    public int SharedIntermediateSize { get; init; }

    /// <summary>Whether the shared expert's output is multiplied by a sigmoid gate (qwen2_moe).</summary>
    public bool SharedGate { get; init; }

    /// <summary>Whether the router has the balancing bias <c>e_score_correction_bias</c>.</summary>
    public bool CorrectionBias { get; init; }

    /// <summary>For every layer whether it has experts (else a dense feed-forward).</summary>
    public required IReadOnlyList<bool> Layers { get; init; }

    /// <summary>Experts that a token goes to in all layers of the main model together.</summary>
    public int RoutedPerToken => RoutedLayers * Router.TopK;

    /// <summary>Layers of the main model that have experts.</summary>
    public int RoutedLayers => Layers.Count(hasExperts => hasExperts);

    /// <summary>Checkpoint name of the shared expert: <c>shared_experts</c> (DeepSeek) or <c>shared_expert</c> (qwen2_moe).</summary>
    public string SharedName { get; init; } = "shared_experts";
}
