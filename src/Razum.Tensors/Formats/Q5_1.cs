using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values of 5 bits: value = d q + m. Block: d, m (F16), levels as in <see cref="Q5_0"/>.</summary>
internal readonly unsafe struct Q5_1 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.Q5_1;

    public static int Values => 32;

    public static int Bytes => 24;

    public static int CodeBits => 6;

    public static bool HasMinimum => true;

    /// <summary>The minimum with its sign changed.</summary>
    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), (ushort)(U16(block + 2) ^ 0x8000));

    public static Vector256<byte> Codes(byte* block, int part) => Q5_0.Levels(block + 4);

    public static void Dequantize(byte* block, float* target)
    {
        (float d, float m) = (F16(block), F16(block + 2));
        byte* levels = stackalloc byte[32];
        Q5_0.Levels(block + 4).Store(levels);
        for (int j = 0; j < 32; j++)
        {
            float product = d * levels[j];
            target[j] = product + m;
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        byte* levels = stackalloc byte[32];
        LineSearch.Simple(source, importance, 31, block, levels);
        Q5_0.WriteLevels(levels, block + 4);
    }
}
