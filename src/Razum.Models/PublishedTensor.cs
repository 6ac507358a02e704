using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Models;

/// <summary>A tensor of a checkpoint as models are published, known from the configuration alone.</summary>
/// <param name="Name">Its published name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Shape">Sizes, slowest first.</param>
public sealed record PublishedTensor(string Name, ElementType Type, IReadOnlyList<long> Shape)
{
    private const int ScaleBlock = 128;

    /// <summary>Bytes of its values.</summary>
    public long Bytes => Shape.Aggregate(1L, (product, size) => checked(product * size)) * Type.Bits() / 8;

    /// <summary>
    /// All tensors, in the order of the layers. Of E4M3 are the matrices of attention, feed-forward and experts, each with its factors in F32 (architecture
    /// notes 1.7); the rest is BF16, but for the routing bias. The layer of multi-token prediction carries copies of embedding and head.
    /// </summary>
    /// <param name="config">The model.</param>
    /// <param name="type">The type of most matrices: F8E4M3, BF16, F16 or F32.</param>
    public static IEnumerable<PublishedTensor> Of(ModelConfig config, ElementType type)
    {
        ElementType other = type == ElementType.F8E4M3 ? ElementType.BF16 : type;
        foreach (Weight weight in new Decoder(config, new ShapeParameters()).Parameters)
        {
            if (weight.IsVector)
            {
                bool isBias = weight.Name.EndsWith(".e_score_correction_bias", StringComparison.Ordinal);
                yield return new PublishedTensor(weight.Name, isBias ? ElementType.F32 : other, [weight.Columns]);
                continue;
            }

            bool isFloat8 = type == ElementType.F8E4M3 && !IsKept(weight.Name);
            yield return new PublishedTensor(weight.Name, isFloat8 ? type : other, [weight.Rows, weight.Columns]);
            if (isFloat8)
            {
                yield return new PublishedTensor(weight.Name + "_scale_inv", ElementType.F32, [Blocks(weight.Rows), Blocks(weight.Columns)]);
            }
        }

        if (config.NumNextnPredictLayers > 0)
        {
            string ahead = $"model.layers.{config.NumHiddenLayers}.";
            yield return new PublishedTensor(ahead + "embed_tokens.weight", other, [config.VocabSize, config.HiddenSize]);
            yield return new PublishedTensor(ahead + "shared_head.head.weight", other, [config.VocabSize, config.HiddenSize]);
        }
    }

    private static long Blocks(int size) => (size + ScaleBlock - 1L) / ScaleBlock;

    /// <summary>Matrices that E4M3 checkpoints keep in BF16: embedding, head, routers, and what joins the two inputs of multi-token prediction.</summary>
    private static bool IsKept(string name) =>
        name is "model.embed_tokens.weight" or "lm_head.weight" || name.EndsWith(".mlp.gate.weight", StringComparison.Ordinal) || name.EndsWith(".eh_proj.weight", StringComparison.Ordinal);
}
