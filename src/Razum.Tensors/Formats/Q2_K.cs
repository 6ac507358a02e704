using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values of 2 bits, 16 parts of 16 with 4-bit scales s and minima m: value = d s q - dmin m. Block: s and m of a part in one byte (low and high half),
/// 64 bytes of levels (in each half of 128: byte i % 32, bits 2 (i / 32)), d, dmin (F16).
/// </summary>
internal readonly unsafe struct Q2_K : IQuantizer
{
    private const int Parts = 16;

    public static WeightFormat Format => WeightFormat.Q2_K;

    public static int Values => 256;

    public static int Bytes => 84;

    public static void Dequantize(byte* block, float* target)
    {
        (float d, float dmin) = (F16(block + 80), F16(block + 82));
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * (block[part] & 15), minimum = dmin * (block[part] >> 4);
            for (int i = 16 * part; i < 16 * (part + 1); i++)
            {
                float product = scale * (block[16 + (i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3);
                target[i] = product - minimum;
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        LineParts parts = new(source, importance, stackalloc float[Parts], stackalloc float[Parts], LineSearch.TwoBits, 16, 15);
        new Span<byte>(block, Bytes).Clear();
        float d = PutF16(block + 80, parts.Scale);
        float dmin = PutF16(block + 82, parts.Minimum);
        for (int part = 0; part < Parts; part++)
        {
            (int scale, int minimum) = parts[part];
            block[part] = (byte)(scale | (minimum << 4));
            for (int i = 16 * part; d * scale != 0 && i < 16 * (part + 1); i++)
            {
                int level = (int)Math.Clamp(MathF.Round((source[i] + (dmin * minimum)) / (d * scale)), 0, 3);
                block[16 + (i / 128 * 32) + (i % 32)] |= (byte)(level << (i % 128 / 32 * 2));
            }
        }
    }
}
