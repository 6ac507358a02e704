using System.Runtime.CompilerServices;
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

    public static void Read(byte* block, int part, byte* codes, sbyte* scales) => ReadLevels(block + 2, codes);

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        byte* levels = stackalloc byte[32];
        ReadLevels(block + 2, levels);
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

    /// <summary>32 levels of five bits from 4 + 16 bytes.</summary>
    internal static void ReadLevels(byte* source, byte* levels)
    {
        uint high = U32(source);
        for (int j = 0; j < 16; j++)
        {
            levels[j] = (byte)((source[4 + j] & 15u) | ((high >> j & 1) << 4));
            levels[j + 16] = (byte)(((uint)source[4 + j] >> 4) | ((high >> (j + 16) & 1) << 4));
        }
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
