using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values, 8 parts of 32: value = d (s + 1/2) / 2 point, with signs. Block: d (F16), 64 point numbers, for each part 32 bits with four times seven signs
/// and s on top.
/// </summary>
internal readonly unsafe struct IQ3_XXS : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ3_XXS;

    public static int Values => 256;

    public static int Bytes => 98;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 64; i++)
        {
            uint rest = U32(block + 66 + (i / 8 * 4));
            float scale = d * (0.5f + (rest >> 28)) * 0.5f;
            int signs = Signs(rest >> (i % 8 / 2 * 7)) >> (i % 2 * 4);
            Signed(Codebooks.Iq3Xxs.AsSpan(4 * block[2 + i], 4), scale, signs, target + (4 * i));
        }
    }
}
