using Razum.Models;
using Razum.Tensors;

namespace Razum.Training.Loop;

/// <summary>The experts of a micro-batch's tokens as they were recorded when it was sampled, and how many of them the router would choose otherwise by now.</summary>
internal sealed class RecordedRouting
{
    private readonly Dictionary<string, int> _routers;
    private long _routed;
    private long _changed;

    /// <param name="decoder">What is trained; it has experts.</param>
    public RecordedRouting(Decoder decoder)
    {
        Experts = new RoutedExperts(decoder.Config.Moe!);
        _routers = decoder.Mixtures.Take(Experts.Layers).Select((m, i) => (m.RouterName, i)).ToDictionary();
        Observer = Compare;
    }

    /// <summary>Of every row of the micro-batch.</summary>
    public RoutedExperts Experts { get; }

    /// <summary>Listens to the routing of a forward pass over the same rows.</summary>
    public Action<string, Routing> Observer { get; }

    /// <summary>Tokens compared, and those that changed, since the last call; each is counted in every layer.</summary>
    public (long Routed, long Changed) TakeCounts()
    {
        (long, long) counts = (_routed, _changed);
        (_routed, _changed) = (0, 0);
        return counts;
    }

    private void Compare(string name, Routing routing)
    {
        if (!_routers.TryGetValue(name, out int layer))
        {
            return;
        }

        ReadOnlySpan<int> recorded = Experts[layer];
        for (int t = 0; t < routing.Rows; t++)
        {
            _changed += routing.Chosen(t).SequenceEqual(recorded.Slice(t * routing.TopK, routing.TopK)) ? 0 : 1;
        }

        _routed += routing.Rows;
    }
}
