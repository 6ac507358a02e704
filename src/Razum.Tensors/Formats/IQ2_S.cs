using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values: value = d (s + 1/2) / 4 point, with signs. Block: d (F16), low bytes of 32 point numbers, 32 bytes of signs, upper two bits of the numbers,
/// s of 16 values (4 bits).
/// </summary>
internal readonly unsafe struct IQ2_S : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ2_S;

    public static int Values => 256;

    public static int Bytes => 82;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 32; i++)
        {
            int point = block[2 + i] | ((block[66 + (i / 4)] >> (i % 4 * 2) & 3) << 8);
            float scale = d * (0.5f + (block[74 + (i / 4)] >> (i % 4 / 2 * 4) & 15)) * 0.25f;
            Signed(Codebooks.Iq2S.AsSpan(8 * point, 8), scale, block[34 + i], target + (8 * i));
        }
    }
}
