using Razum.Tensors;

namespace Razum.Benchmarks;

/// <summary>Values to multiply: what they are changes no speed.</summary>
internal static class Operands
{
    internal static Tensor Fill(Tensor tensor, Random random)
    {
        for (int r = 0; r < tensor.Rows; r++)
        {
            foreach (ref float value in tensor[r])
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        return tensor;
    }
}
