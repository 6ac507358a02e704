using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values: value = d (2 s + 1) (point +- 1/8), the points of <see cref="IQ1_S"/>. Block: low bytes of 32 point numbers; for each half a byte with three
/// upper bits and the sign of the shift; four words with s of 16 values (3 bits) and, on top, four bits each of d (F16).
/// </summary>
internal readonly unsafe struct IQ1_M : IBlock
{
    public static WeightFormat Format => WeightFormat.IQ1_M;

    public static int Values => 256;

    public static int Bytes => 56;

    public static void Dequantize(byte* block, float* target)
    {
        int bits = 0;
        for (int word = 0; word < 4; word++)
        {
            bits |= U16(block + 48 + (2 * word)) >> 12 << (4 * word);
        }

        float d = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        for (int i = 0; i < 32; i++)
        {
            int part = i / 2; // of 16 values
            int scale = U16(block + 48 + (part / 4 * 2)) >> (part % 4 * 3) & 7;
            int upper = block[32 + part] >> (i % 2 * 4);
            IQ1_S.Shifted(block[i] | ((upper & 7) << 8), d * ((2 * scale) + 1), (upper & 8) != 0, target + (8 * i));
        }
    }
}
