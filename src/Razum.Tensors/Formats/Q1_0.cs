using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>128 values of d or -d, a bit each, 1 for d. Block: d (F16), 16 bytes, neighbours in neighbouring bits.</summary>
internal readonly unsafe struct Q1_0 : IBlock
{
    public static WeightFormat Format => WeightFormat.Q1_0;

    public static int Values => 128;

    public static int Bytes => 18;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 128; i++)
        {
            target[i] = (block[2 + (i / 8)] >> (i % 8) & 1) != 0 ? d : -d;
        }
    }
}
