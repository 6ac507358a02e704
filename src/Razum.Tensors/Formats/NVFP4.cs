namespace Razum.Tensors.Formats;

/// <summary>
/// 64 values of E2M1, 4 parts of 16 with scales in unsigned E4M3: value = s v. Block: s[4], 8 bytes a part in which values j and j + 8 share byte j.
/// </summary>
internal readonly unsafe struct NVFP4 : IBlock
{
    public static WeightFormat Format => WeightFormat.NVFP4;

    public static int Values => 64;

    public static int Bytes => 36;

    public static void Dequantize(byte* block, float* target)
    {
        ReadOnlySpan<sbyte> levels = Codebooks.Fp4;
        for (int part = 0; part < 4; part++)
        {
            float d = HalfScale(block[part]);
            for (int j = 0; j < 8; j++)
            {
                byte codes = block[4 + (8 * part) + j];
                target[(16 * part) + j] = d * levels[codes & 15];
                target[(16 * part) + j + 8] = d * levels[codes >> 4];
            }
        }
    }

    /// <summary>Half of an E4M3 number without sign; 0x7F, which would be NaN, is 0.</summary>
    internal static float HalfScale(byte bits)
    {
        (int exponent, int mantissa) = (bits >> 3 & 15, bits & 7);
        float value = exponent == 0 ? mantissa / 512f : MathF.ScaleB(1 + (mantissa / 8f), exponent - 7);
        return bits == 0x7F ? 0 : value / 2;
    }
}
