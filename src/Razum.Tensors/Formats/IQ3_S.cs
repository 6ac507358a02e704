using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values: value = d (2 s + 1) point, with signs. Block: d (F16), low bytes of 64 point numbers, their ninth bits, 32 bytes of signs, s of 32 values
/// (4 bits).
/// </summary>
internal readonly unsafe struct IQ3_S : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ3_S;

    public static int Values => 256;

    public static int Bytes => 110;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 64; i++)
        {
            int point = block[2 + i] | ((block[66 + (i / 8)] >> (i % 8) & 1) << 8);
            float scale = d * (1 + (2 * (block[106 + (i / 16)] >> (i / 8 % 2 * 4) & 15)));
            Signed(Codebooks.Iq3S.AsSpan(4 * point, 4), scale, block[74 + (i / 2)] >> (i % 2 * 4), target + (4 * i));
        }
    }
}
