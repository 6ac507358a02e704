using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>64 values of 2 bits: value = d (q - 1). Block: d (F16), 16 bytes, neighbours in neighbouring bits.</summary>
internal readonly unsafe struct Q2_0 : IBlock
{
    public static WeightFormat Format => WeightFormat.Q2_0;

    public static int Values => 64;

    public static int Bytes => 18;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 64; i++)
        {
            target[i] = ((block[2 + (i / 4)] >> (i % 4 * 2) & 3) - 1) * d;
        }
    }
}
