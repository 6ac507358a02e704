using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values of 4 bits: value = d q + m. Block: d, m (F16), 16 bytes; values j and j + 16 share byte j.</summary>
internal readonly unsafe struct Q4_1 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.Q4_1;

    public static int Values => 32;

    public static int Bytes => 20;

    public static int CodeBits => 4;

    public static bool HasMinimum => true;

    /// <summary>The minimum with its sign changed.</summary>
    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), (ushort)(U16(block + 2) ^ 0x8000));

    public static Vector256<byte> Codes(byte* block, int part) => Halves(block + 4);

    public static void Dequantize(byte* block, float* target)
    {
        (float d, float m) = (F16(block), F16(block + 2));
        for (int j = 0; j < 16; j++)
        {
            float low = d * (block[4 + j] & 15), high = d * (block[4 + j] >> 4);
            target[j] = low + m;
            target[j + 16] = high + m;
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        byte* levels = stackalloc byte[32];
        LineSearch.Simple(source, importance, 15, block, levels);
        for (int j = 0; j < 16; j++)
        {
            block[4 + j] = (byte)(levels[j] | (levels[j + 16] << 4));
        }
    }
}
