using Razum.Tensors;

namespace Razum.Models;

/// <summary>Routed experts, and a shared one that every token visits (architecture notes 1.4): y = sum_k w_k Expert_k(x) + Shared(x).</summary>
public sealed class MixtureOfExperts : FeedForward
{
    private readonly RouterShape _router;
    private readonly Weight _gate;
    private readonly ExpertWeights _experts;
    private readonly DenseFeedForward? _shared;
    private readonly Linear? _sharedGate;
    private readonly string _logitsName;
    private readonly int _index;

    /// <param name="layer">Number of the layer in the model.</param>
    /// <param name="observedName">Name under which routing is observed, e.g. <c>router.1</c>.</param>
    public MixtureOfExperts(ModelConfig config, MoeConfig moe, ParameterSource source, int layer, string name, string observedName)
    {
        _index = moe.Layers.Take(layer).Count(hasExperts => hasExperts);
        (_router, RouterName, BalanceName, _logitsName) = (moe.Router, observedName, observedName + ".balance", observedName + ".logits");
        _gate = source.Get(name + ".gate.weight", moe.Router.Experts, config.HiddenSize);
        CorrectionBias = moe.CorrectionBias ? source.GetVector(name + ".gate.e_score_correction_bias", moe.Router.Experts) : null;
        _experts = new ExpertWeights(
            Each("gate_proj", moe.MoeIntermediateSize, config.HiddenSize),
            Each("up_proj", moe.MoeIntermediateSize, config.HiddenSize),
            Each("down_proj", config.HiddenSize, moe.MoeIntermediateSize));
        if (moe.SharedIntermediateSize > 0)
        {
            _shared = new DenseFeedForward(source, $"{name}.{moe.SharedName}", config.HiddenSize, moe.SharedIntermediateSize, bias: false);
            _sharedGate = moe.SharedGate ? new Linear(source, $"{name}.{moe.SharedName}_gate", config.HiddenSize, 1) : null;
        }

        Weight[] Each(string part, int rows, int columns) =>
            [.. Enumerable.Range(0, moe.Router.Experts).Select(e => source.Get($"{name}.experts.{e}.{part}.weight", rows, columns))];
    }

    /// <summary>Name under which this layer's routing is observed.</summary>
    public string RouterName { get; }

    /// <summary>Name under which this layer's balance loss is observed, times alpha.</summary>
    public string BalanceName { get; }

    /// <summary>The bias that balances the load (aux-loss-free): moved by the trainer after each step, never by a gradient. Null when the model has none.</summary>
    public Weight? CorrectionBias { get; }

    /// <summary>Factor of the sequence-wise balance loss in training; 0 for none.</summary>
    public float BalanceAlpha { get; set; }

    /// <summary>Whether the balance loss counts experts as chosen, by score + bias, and not by score alone as DeepSeek-V3 writes it.</summary>
    public bool BalanceCountsChoices { get; set; }

    public override Tensor Forward(Ops ops, Tensor x, Batch batch)
    {
        Tensor logits = ops.Linear(x, _gate); // [T, E]
        ops.Observe(_logitsName, logits);
        Routing routing = ops.Route(logits, _router, CorrectionBias, batch.Experts is { } given ? given[_index] : default);
        ops.Observe(RouterName, routing);
        if (BalanceAlpha != 0)
        {
            logits = ops.SequenceBalance(logits, _router, batch.Segments, BalanceAlpha, BalanceName, BalanceCountsChoices ? CorrectionBias : null);
        }

        Tensor y = ops.Experts(x, routing, _experts); // [T, D]
        if (_shared is null)
        {
            return y;
        }

        Tensor shared = _shared.Forward(ops, x, batch);
        return ops.Add(y, _sharedGate is null ? shared : ops.SigmoidGate(shared, _sharedGate.Forward(ops, x, batch.Adapted)));
    }
}
