using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values of 3 bits, 16 parts of 16 with 6-bit scales s: value = d (s - 32) (q - 4). Block: the third bits (value i: byte i % 32, bit i / 32),
/// 64 bytes of two bits (in each half of 128: byte i % 32, bits 2 (i / 32)), 12 bytes of scales, d (F16).
/// </summary>
internal readonly unsafe struct Q3_K : ITiledBlock
{
    private const int Parts = 16;

    public static WeightFormat Format => WeightFormat.Q3_K;

    public static int Values => 256;

    public static int Bytes => 110;

    public static int CodeBits => 4;

    public static int Excess => 4;

    public static int Runs => 2;

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block + 108), 0);

    public static Vector256<byte> Codes(byte* block, int part) =>
        Bits(block + 32 + (part / 4 * 32), 2 * (part % 4), 2) | Vector256.ShiftLeft(Bits(block, part, 1), 2);

    public static (sbyte First, sbyte Second) Scales(byte* block, int part) =>
        ((sbyte)(ReadScale(block + 96, 2 * part) - 32), (sbyte)(ReadScale(block + 96, (2 * part) + 1) - 32));

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block + 108);
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * (ReadScale(block + 96, part) - 32);
            for (int i = 16 * part; i < 16 * (part + 1); i++)
            {
                target[i] = scale * (Level(block, i) - 4);
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float* scales = stackalloc float[Parts];
        float* weights = stackalloc float[16];
        float square = Importance.TwiceMeanSquare(source, 256);
        float* sums = stackalloc float[Parts];
        for (int part = 0; part < Parts; part++)
        {
            float* x = source + (16 * part);
            if (importance.IsEmpty)
            {
                SymmetricSearch.Squares(x, 16, weights);
            }
            else
            {
                importance.From(16 * part).Weigh(x, 16, square, weights);
            }

            scales[part] = SymmetricSearch.Refine(x, weights, 16, 4);
            sums[part] = Importance.Sum(weights, 16);
        }

        // When columns matter unequally the step is fitted to the parts that matter.
        float common = importance.IsEmpty ? SymmetricSearch.Extreme(scales, Parts) / -32 : SymmetricSearch.Fit(scales, sums, Parts, 32);
        new Span<byte>(block, Bytes).Clear();
        float inverse = common == 0 ? 0 : 1 / common;
        float d = PutF16(block + 108, common);
        for (int part = 0; part < Parts; part++)
        {
            int scale = Math.Clamp((int)MathF.Round(inverse * scales[part]), -32, 31);
            WriteScale(block + 96, part, scale + 32);
            float step = d * scale;
            for (int i = 16 * part; i < 16 * (part + 1); i++)
            {
                int level = step == 0 ? 4 : Math.Clamp((int)MathF.Round(source[i] / step), -4, 3) + 4;
                block[32 + (i / 128 * 32) + (i % 32)] |= (byte)((level & 3) << (i % 128 / 32 * 2));
                block[i % 32] |= (byte)(level >> 2 << (i / 32));
            }
        }
    }

    private static int Level(byte* block, int i) =>
        (block[32 + (i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3) | ((block[i % 32] >> (i / 32) & 1) << 2);

    /// <summary>Low four bits: byte part % 8, upper nibble from part 8 on; upper two: byte 8 + part % 4, bits 2 (part / 4).</summary>
    private static int ReadScale(byte* packed, int part) =>
        (packed[part % 8] >> (part / 8 * 4) & 15) | ((packed[8 + (part % 4)] >> (part / 4 * 2) & 3) << 4);

    private static void WriteScale(byte* packed, int part, int scale)
    {
        packed[part % 8] |= (byte)((scale & 15) << (part / 8 * 4));
        packed[8 + (part % 4)] |= (byte)(scale >> 4 << (part / 4 * 2));
    }
}
