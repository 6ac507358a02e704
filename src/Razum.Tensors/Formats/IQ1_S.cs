using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values, 8 parts of 32: value = d (2 s + 1) (point +- 1/8). Block: d (F16), low bytes of 32 point numbers, for each part a word with four times three
/// upper bits, s (3 bits) and the sign of the shift.
/// </summary>
internal readonly unsafe struct IQ1_S : IBlock
{
    /// <summary>How far points are moved, towards one side or the other.</summary>
    internal const float Shift = 0.125f;

    public static WeightFormat Format => WeightFormat.IQ1_S;

    public static int Values => 256;

    public static int Bytes => 50;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int i = 0; i < 32; i++)
        {
            int word = U16(block + 34 + (i / 4 * 2));
            float scale = d * ((2 * (word >> 12 & 7)) + 1);
            Shifted(block[2 + i] | ((word >> (i % 4 * 3) & 7) << 8), scale, (word & 0x8000) != 0, target + (8 * i));
        }
    }

    /// <summary>target = scale * (point + shift).</summary>
    internal static void Shifted(int point, float scale, bool down, float* target)
    {
        ReadOnlySpan<sbyte> values = Codebooks.Iq1S.AsSpan(8 * point, 8);
        for (int i = 0; i < 8; i++)
        {
            target[i] = scale * (values[i] + (down ? -Shift : Shift));
        }
    }
}
