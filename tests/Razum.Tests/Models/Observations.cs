using Razum.Tensors;

namespace Razum.Tests.Models;

/// <summary>Keeps a copy of everything a forward pass shows.</summary>
internal sealed class Observations
{
    public Observations(CpuOps ops)
    {
        ops.TensorObserver = (name, value) => Values[name] = value.ToArray();
        ops.RoutingObserver = (name, routing) =>
        {
            Values[name] = routing.Weights.ToArray();
            Ids[name] = [.. Enumerable.Range(0, routing.Rows).SelectMany(t => routing[t].ToArray())];
        };
    }

    public Dictionary<string, float[]> Values { get; } = [];

    public Dictionary<string, int[]> Ids { get; } = [];
}
