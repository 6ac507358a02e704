using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values of 5 bits: value = d (q - 16). Block: d (F16), the fifth bits (bit j of 32), 16 bytes; values j and j + 16 share byte j.</summary>
internal readonly unsafe struct Q5_0 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.Q5_0;

    public static int Values => 32;

    public static int Bytes => 22;

    public static int CodeBits => 6;

    public static int Excess => 16;

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Levels(block + 2);

    /// <summary>32 levels of five bits from 4 + 16 bytes.</summary>
    internal static Vector256<byte> Levels(byte* source)
    {
        Vector256<byte> bit = Vector256.Create(0x8040201008040201).AsByte(); // the one that a byte in its place has
        Vector256<byte> fifth = Vector256.Create(Spread(source[0]), Spread(source[1]), Spread(source[2]), Spread(source[3])).AsByte() & bit;
        return Halves(source + 4) | (Vector256.Equals(fifth, bit) & Vector256.Create((byte)16));

        static ulong Spread(byte eight) => eight * 0x0101010101010101ul;
    }

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        byte* levels = stackalloc byte[32];
        Levels(block + 2).Store(levels);
        for (int j = 0; j < 32; j++)
        {
            target[j] = d * (levels[j] - 16);
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float scale;
        if (importance.IsEmpty)
        {
            scale = SymmetricSearch.Extreme(source, 32) / -16;
        }
        else
        {
            float* weights = stackalloc float[32];
            importance.Weigh(source, 32, importance.RowMeanSquare, weights);
            scale = SymmetricSearch.Fit(source, weights, 32, 16);
        }

        PutF16(block, scale);
        float inverse = scale == 0 ? 0 : 1 / scale;
        byte* levels = stackalloc byte[32];
        for (int j = 0; j < 32; j++)
        {
            levels[j] = (byte)Math.Clamp((int)((source[j] * inverse) + 16.5f), 0, 31);
        }

        WriteLevels(levels, block + 2);
    }

    internal static void WriteLevels(byte* levels, byte* target)
    {
        uint high = 0;
        for (int j = 0; j < 16; j++)
        {
            target[4 + j] = (byte)((levels[j] & 15) | (levels[j + 16] << 4));
            high |= ((uint)levels[j] >> 4 << j) | ((uint)levels[j + 16] >> 4 << (j + 16));
        }

        Unsafe.WriteUnaligned(target, high);
    }
}
