using System.Globalization;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>How many blocks an engine's cache has: decided before it starts, so that a request that was accepted never fails for want of memory.</summary>
internal static class CachePlan
{
    /// <summary>The model as an engine with these options serves it: its context may be shorter.</summary>
    public static ModelInfo Limit(ModelInfo model, EngineOptions options) =>
        options.ContextLength == 0 ? model : model with { ContextLength = Math.Min(model.ContextLength, options.ContextLength) };

    /// <summary>What an engine stores of a token; more where the layer of multi-token prediction drafts, and where routing is recorded.</summary>
    public static CacheShape Shape(Decoder decoder, bool drafts, bool recordsRouting = false) => decoder.CacheShape with
    {
        Layers = drafts ? decoder.CacheShape.Layers : decoder.Config.NumHiddenLayers,
        Integers = recordsRouting ? decoder.Config.Moe?.RoutedPerToken ?? 0 : 0,
    };

    /// <param name="options">What was asked for.</param>
    /// <param name="model">The model, its context already limited to <see cref="EngineOptions.ContextLength"/>.</param>
    /// <param name="shape">What a token takes.</param>
    /// <param name="room">The memory there is for weights and cache.</param>
    /// <exception cref="ArgumentException">One context does not fit beside the weights.</exception>
    public static int Blocks(EngineOptions options, ModelInfo model, CacheShape shape, MemoryRoom room)
    {
        int context = BlockTable.BlocksFor(model.ContextLength);
        long fitting = room.ForCache / shape.BlockBytes;
        if (fitting < context)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"the keys and values of one context of {model.Name}, {model.ContextLength} tokens, take {context * shape.BlockBytes / 1e6:0} MB; there are {room.ForCache / 1e6:0} MB for them ({room}): limit the context"));
        }

        if (options.CacheTokens == 0)
        {
            return (int)Math.Min((long)context * options.MaxSequences, Math.Min(fitting, int.MaxValue / BlockPool.BlockRows));
        }

        int blocks = BlockTable.BlocksFor(options.CacheTokens);
        if (blocks < context)
        {
            throw new ArgumentException($"a cache of {options.CacheTokens} tokens does not hold one context of {model.Name}, {model.ContextLength} tokens: limit the context, or give more");
        }

        return blocks <= fitting
            ? blocks
            : throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"a cache of {options.CacheTokens} tokens takes {blocks * shape.BlockBytes / 1e6:0} MB; there are {room.ForCache / 1e6:0} MB for it ({room})"));
    }
}
