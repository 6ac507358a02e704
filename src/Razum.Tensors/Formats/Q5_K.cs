using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values of 5 bits, 8 parts of 32 with 6-bit scales s and minima m: value = d s q - dmin m. Block: d, dmin (F16), s and m as in <see cref="Q4_K"/>, the fifth
/// bits (value i: byte i % 32, bit i / 32), 128 bytes in which parts 2i and 2i+1 share bytes.
/// </summary>
internal readonly unsafe struct Q5_K : ITiledBlock
{
    private const int Parts = 8;

    public static WeightFormat Format => WeightFormat.Q5_K;

    public static int Values => 256;

    public static int Bytes => 176;

    public static int CodeBits => 6;

    public static bool HasMinimum => true;

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), U16(block + 2));

    public static Vector256<byte> Codes(byte* block, int part) =>
        Bits(block + 48 + (part / 2 * 32), part % 2 * 4, 4) | Vector256.ShiftLeft(Bits(block + 16, part, 1), 4);

    public static (sbyte First, sbyte Second) Scales(byte* block, int part) =>
        ((sbyte)SixBitScales.Scale(block + 4, part), (sbyte)SixBitScales.Minimum(block + 4, part));

    public static void Dequantize(byte* block, float* target)
    {
        (float d, float dmin) = (F16(block), F16(block + 2));
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * SixBitScales.Scale(block + 4, part), minimum = dmin * SixBitScales.Minimum(block + 4, part);
            for (int i = 0; i < 32; i++)
            {
                int level = (block[48 + (part / 2 * 32) + i] >> (part % 2 * 4) & 15) | ((block[16 + i] >> part & 1) << 4);
                float product = scale * level;
                target[(32 * part) + i] = product - minimum;
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        LineParts parts = new(source, importance, stackalloc float[Parts], stackalloc float[Parts], LineSearch.FiveBits, 32, 63);
        new Span<byte>(block, Bytes).Clear();
        float d = PutF16(block, parts.Scale);
        float dmin = PutF16(block + 2, parts.Minimum);
        for (int part = 0; part < Parts; part++)
        {
            (int scale, int minimum) = parts[part];
            SixBitScales.Write(block + 4, part, scale, minimum);
            for (int i = 0; d * scale != 0 && i < 32; i++)
            {
                int level = (int)Math.Clamp(MathF.Round((source[(32 * part) + i] + (dmin * minimum)) / (d * scale)), 0, 31);
                block[48 + (part / 2 * 32) + i] |= (byte)((level & 15) << (part % 2 * 4));
                block[16 + i] |= (byte)(level >> 4 << part);
            }
        }
    }
}
