using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values in 8 parts of 32, each with a 6-bit scale s and minimum m; q has 4 bits: value = d s q - dmin m, d and dmin F16.
/// Block: d, dmin, 12 bytes of s and m, 128 bytes in which parts 2i and 2i+1 share bytes (low and high halves).
/// </summary>
internal readonly unsafe struct Q4_K : ITiledBlock
{
    private const int Parts = 8;

    public static WeightFormat Format => WeightFormat.Q4_K;

    public static int Values => 256;

    public static int Bytes => 144;

    public static int CodeBits => 4;

    public static bool HasMinimum => true;

    public static (uint D, ushort Dmin) Steps(byte* block) => (BlockBytes.U16(block), BlockBytes.U16(block + 2));

    public static Vector256<byte> Codes(byte* block, int part) => BlockBytes.Bits(block + 16 + (part / 2 * 32), part % 2 * 4, 4);

    public static (sbyte First, sbyte Second) Scales(byte* block, int part) =>
        ((sbyte)SixBitScales.Scale(block + 4, part), (sbyte)SixBitScales.Minimum(block + 4, part));

    public static void Dequantize(byte* block, float* target)
    {
        float d = (float)Unsafe.ReadUnaligned<Half>(block);
        float dmin = (float)Unsafe.ReadUnaligned<Half>(block + 2);
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * SixBitScales.Scale(block + 4, part);
            float minimum = dmin * SixBitScales.Minimum(block + 4, part);
            for (int i = 0; i < 32; i++)
            {
                float product = scale * ReadWeight(block, part, i); // rounded before the subtraction
                target[(32 * part) + i] = product - minimum;
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        LineParts parts = new(source, importance, stackalloc float[Parts], stackalloc float[Parts], LineSearch.FourBits, 32, 63);
        new Span<byte>(block, Bytes).Clear();
        float d = BlockBytes.PutF16(block, parts.Scale);
        float dmin = BlockBytes.PutF16(block + 2, parts.Minimum);
        for (int part = 0; part < Parts; part++)
        {
            (int scale, int minimum) = parts[part];
            SixBitScales.Write(block + 4, part, scale, minimum);
            for (int i = 0; d * scale != 0 && i < 32; i++)
            {
                int level = (int)Math.Clamp(MathF.Round((source[(32 * part) + i] + (dmin * minimum)) / (d * scale)), 0, 15);
                block[16 + (part / 2 * 32) + i] |= (byte)(level << (part % 2 * 4));
            }
        }
    }

    private static byte ReadWeight(byte* block, int part, int index) =>
        (byte)((block[16 + (part / 2 * 32) + index] >> (part % 2 * 4)) & 15);
}
