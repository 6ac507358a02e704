using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>What an engine takes and where its weights are read: decided before anything is allocated, by the engine and by whoever asks what it would take.</summary>
/// <param name="Weights">Where products read the weights.</param>
/// <param name="Cache">What a token takes.</param>
/// <param name="Room">The memory there is.</param>
internal readonly record struct EnginePlan(WeightPlan Weights, CacheShape Cache, MemoryRoom Room)
{
    /// <param name="decoder">The model, or its shape with the formats of its weights.</param>
    /// <param name="model">The model, its context already limited to <see cref="EngineOptions.ContextLength"/>.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="machine">The memory, nothing of the model in it.</param>
    public static EnginePlan Of(Decoder decoder, ModelInfo model, EngineOptions options, MemoryRoom machine)
    {
        CacheShape cache = CachePlan.Shape(decoder, options.Speculation == SpeculationKind.Mtp, options.RecordRouting);
        int drafts = options.Speculation == SpeculationKind.None ? 0 : options.DraftLength;
        int chosen = options.MaxSequences * (1 + drafts);
        long rows = Math.Min(Math.Max(options.TokenBudget, chosen), (long)options.MaxSequences * (model.ContextLength + drafts));
        long step = (long)new DecoderCost(decoder).StepBytes((int)rows, chosen);
        long context = BlockTable.BlocksFor(model.ContextLength) * cache.BlockBytes;
        WeightPlan weights = WeightPlan.Choose(decoder, options, machine.Available - step - context);
        return new EnginePlan(weights, cache, machine with { Weights = weights.Pending, Step = step });
    }
}
