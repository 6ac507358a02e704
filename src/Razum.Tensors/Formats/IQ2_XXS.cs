using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values, 8 parts of 32: value = d (s + 1/2) / 4 point, with signs. Block: d (F16); for each part four point numbers, and 32 bits with four times seven
/// signs and s on top.
/// </summary>
internal readonly unsafe struct IQ2_XXS : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ2_XXS;

    public static int Values => 256;

    public static int Bytes => 66;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int part = 0; part < 8; part++)
        {
            byte* data = block + 2 + (8 * part);
            uint rest = U32(data + 4);
            float scale = d * (0.5f + (rest >> 28)) * 0.25f;
            for (int i = 0; i < 4; i++)
            {
                Signed(Codebooks.Iq2Xxs.AsSpan(8 * data[i], 8), scale, Signs(rest >> (7 * i)), target + (32 * part) + (8 * i));
            }
        }
    }
}
