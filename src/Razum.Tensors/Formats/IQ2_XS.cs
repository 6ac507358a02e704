using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>256 values: value = d (s + 1/2) / 4 point, with signs. Block: d (F16), 32 words with a point number (9 bits) and seven signs, s of 16 values (4 bits).</summary>
internal readonly unsafe struct IQ2_XS : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ2_XS;

    public static int Values => 256;

    public static int Bytes => 74;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 32; i++)
        {
            uint word = U16(block + 2 + (2 * i));
            float scale = d * (0.5f + (block[66 + (i / 4)] >> (i % 4 / 2 * 4) & 15)) * 0.25f;
            Signed(Codebooks.Iq2Xs.AsSpan(8 * (int)(word & 511), 8), scale, Signs(word >> 9), target + (8 * i));
        }
    }
}
