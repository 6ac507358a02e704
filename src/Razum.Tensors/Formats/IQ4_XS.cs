using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values on the 16 levels of <see cref="Codebooks.Iq4"/>, 8 parts of 32 with 6-bit scales s: value = d (s - 32) level. Block: d (F16), upper two bits of
/// the scales (16 bits), their lower four, 16 bytes a part in which values j and j + 16 share byte j.
/// </summary>
internal readonly unsafe struct IQ4_XS : ITiledBlock
{
    private const int Parts = 8;

    public static WeightFormat Format => WeightFormat.IQ4_XS;

    public static int Values => 256;

    public static int Bytes => 136;

    public static int CodeBits => 4;

    public static int Excess => 128;

    public static bool HasCodebook => true;

    public static Vector128<byte> Codebook => Codebooks.Excess128(Codebooks.Iq4);

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Halves(block + 8 + (16 * part));

    public static (sbyte First, sbyte Second) Scales(byte* block, int part) =>
        ((sbyte)(((block[4 + (part / 2)] >> (part % 2 * 4) & 15) | ((U16(block + 2) >> (2 * part) & 3) << 4)) - 32), 1);

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        ReadOnlySpan<sbyte> levels = Codebooks.Iq4;
        for (int part = 0; part < Parts; part++)
        {
            int scale = (block[4 + (part / 2)] >> (part % 2 * 4) & 15) | ((U16(block + 2) >> (2 * part) & 3) << 4);
            float step = d * (scale - 32);
            byte* codes = block + 8 + (16 * part);
            for (int j = 0; j < 16; j++)
            {
                target[(32 * part) + j] = step * levels[codes[j] & 15];
                target[(32 * part) + j + 16] = step * levels[codes[j] >> 4];
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float* scales = stackalloc float[Parts];
        float* weights = stackalloc float[32];
        float square = Importance.TwiceMeanSquare(source, 256);
        float largest = 0;
        for (int part = 0; part < Parts; part++)
        {
            float* x = source + (32 * part);
            if (importance.IsEmpty)
            {
                SymmetricSearch.Squares(x, 32, weights);
            }
            else
            {
                importance.From(32 * part).Weigh(x, 32, square, weights);
            }

            scales[part] = CodebookSearch.Fit(x, weights);
            largest = MathF.Abs(scales[part]) > MathF.Abs(largest) ? scales[part] : largest;
        }

        new Span<byte>(block, Bytes).Clear();
        float d = PutF16(block, -largest / 32);
        float inverse = d == 0 ? 0 : 1 / d;
        int upper = 0;
        for (int part = 0; part < Parts; part++)
        {
            int scale = Math.Clamp((int)MathF.Round(inverse * scales[part]), -32, 31);
            block[4 + (part / 2)] |= (byte)(((scale + 32) & 15) << (part % 2 * 4));
            upper |= (scale + 32) >> 4 << (2 * part);
            float step = d * scale, toLevel = step == 0 ? 0 : 1 / step;
            float* x = source + (32 * part);
            for (int j = 0; j < 16; j++)
            {
                int low = CodebookSearch.Nearest(x[j] * toLevel), high = CodebookSearch.Nearest(x[j + 16] * toLevel);
                block[8 + (16 * part) + j] = (byte)(low | (high << 4));
            }
        }

        Unsafe.WriteUnaligned(block + 2, (ushort)upper);
    }
}
