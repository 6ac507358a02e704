using Razum.Models;
using Razum.Tensors;

namespace Razum.Training.Loop;

/// <summary>
/// Floating-point operations that training needs, counted, not measured: 6 per active parameter and token (2 forward, 4 backward), and attention
/// 3 * 2 * (L (L + 1) / 2) * heads * (key + value columns) per sequence of L and layer. Active: all matrices but the embedding table, of the experts those
/// a token visits. Work done again to save memory does not count.
/// </summary>
internal sealed class TrainingFlops
{
    private readonly double _main;
    private readonly double _ahead;
    private readonly double _attention;
    private readonly int _layers;

    public TrainingFlops(Decoder decoder)
    {
        ModelConfig config = decoder.Config;
        string mtp = $"model.layers.{config.NumHiddenLayers}.";
        double share = config.Moe is { } moe ? (double)moe.Router.TopK / moe.Router.Experts : 1;
        foreach (Weight weight in decoder.Parameters.Where(w => !w.IsVector))
        {
            double active = weight.Count * (weight.Name.Contains(".experts.", StringComparison.Ordinal) ? share : 1);
            if (weight == decoder.Head || weight.Name != "model.embed_tokens.weight")
            {
                (_main, _ahead) = weight.Name.StartsWith(mtp, StringComparison.Ordinal) ? (_main, _ahead + active) : (_main + active, _ahead);
            }
        }

        _ahead += decoder.Mtp is null ? 0 : decoder.Head.Count;
        _layers = config.NumHiddenLayers;
        _attention = config.NumAttentionColumns();
    }

    /// <summary>Operations of a sequence of <paramref name="length"/> tokens.</summary>
    public double Of(int length, bool withMtp)
    {
        double pairs = length * (length + 1.0) / 2;
        return (6 * length * (_main + (withMtp ? _ahead : 0))) + (6 * pairs * _attention * (_layers + (withMtp ? 1 : 0)));
    }
}
