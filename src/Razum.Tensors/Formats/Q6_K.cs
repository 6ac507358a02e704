using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values of 6 bits, 16 parts of 16 with signed 8-bit scales s: value = d s (q - 32). Block: 128 bytes of low halves, 64 of upper two bits, s[16],
/// d (F16). In each half of 128 values, value i has its low bits in byte i % 64 (upper nibble from 64 on) and its upper ones in byte i % 32, bits 2 (i / 32).
/// </summary>
internal readonly unsafe struct Q6_K : ITiledBlock
{
    private const int Parts = 16;

    public static WeightFormat Format => WeightFormat.Q6_K;

    public static int Values => 256;

    public static int Bytes => 210;

    public static int CodeBits => 6;

    public static int Excess => 32;

    public static int Runs => 2;

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block + 208), 0);

    public static Vector256<byte> Codes(byte* block, int part) =>
        Bits(block + (part / 4 * 64) + (part % 2 * 32), part % 4 / 2 * 4, 4) | Vector256.ShiftLeft(Bits(block + 128 + (part / 4 * 32), 2 * (part % 4), 2), 4);

    public static (sbyte First, sbyte Second) Scales(byte* block, int part) => ((sbyte)block[192 + (2 * part)], (sbyte)block[193 + (2 * part)]);

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block + 208);
        for (int part = 0; part < Parts; part++)
        {
            float scale = d * (sbyte)block[192 + part];
            for (int i = 16 * part; i < 16 * (part + 1); i++)
            {
                target[i] = scale * (Level(block, i) - 32);
            }
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float* scales = stackalloc float[Parts];
        float* weights = stackalloc float[16];
        float largest = 0;
        for (int part = 0; part < Parts; part++)
        {
            float* x = source + (16 * part);
            if (importance.IsEmpty)
            {
                SymmetricSearch.Squares(x, 16, weights);
            }
            else
            {
                new ReadOnlySpan<float>(importance.From(16 * part).Columns, 16).CopyTo(new Span<float>(weights, 16));
            }

            scales[part] = SymmetricSearch.Fit(x, weights, 16, 32);
            largest = MathF.Abs(scales[part]) > MathF.Abs(largest) ? scales[part] : largest;
        }

        new Span<byte>(block, Bytes).Clear();
        if (MathF.Abs(largest) < 1e-15f)
        {
            return;
        }

        float inverse = -128 / largest;
        float d = PutF16(block + 208, 1 / inverse);
        for (int part = 0; part < Parts; part++)
        {
            int scale = Math.Clamp((int)MathF.Round(inverse * scales[part]), -128, 127);
            block[192 + part] = (byte)(sbyte)scale;
            float step = d * scale;
            for (int i = 16 * part; step != 0 && i < 16 * (part + 1); i++)
            {
                SetLevel(block, i, Math.Clamp((int)MathF.Round(source[i] / step), -32, 31) + 32);
            }
        }
    }

    private static int Level(byte* block, int i)
    {
        (int half, int rest) = (i / 128, i % 128);
        int low = block[(64 * half) + (rest % 64)] >> (rest / 64 * 4) & 15;
        return low | ((block[128 + (32 * half) + (rest % 32)] >> (rest / 32 * 2) & 3) << 4);
    }

    private static void SetLevel(byte* block, int i, int level)
    {
        (int half, int rest) = (i / 128, i % 128);
        block[(64 * half) + (rest % 64)] |= (byte)((level & 15) << (rest / 64 * 4));
        block[128 + (32 * half) + (rest % 32)] |= (byte)(level >> 4 << (rest / 32 * 2));
    }
}
