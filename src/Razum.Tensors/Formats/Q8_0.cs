using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>
/// 32 signed bytes q and an F16 scale d: value = d * q. Block: d, q[32]. Codes are q + 128, because the byte products of x86 want one operand unsigned.
/// </summary>
internal readonly unsafe struct Q8_0 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.Q8_0;

    public static int Values => 32;

    public static int Bytes => 34;

    public static int CodeBits => 8;

    public static int Excess => 128;

    /// <summary>d = max|x| / 127, q = x / d rounded half away from zero: the bytes of ggml. Importance changes nothing.</summary>
    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float max = 0;
        for (int i = 0; i < 32; i++)
        {
            max = MathF.Max(max, MathF.Abs(source[i]));
        }

        float scale = max / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        Unsafe.WriteUnaligned(block, (Half)scale);
        for (int i = 0; i < 32; i++)
        {
            block[2 + i] = (byte)(sbyte)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    public static void Dequantize(byte* block, float* target)
    {
        float scale = (float)Unsafe.ReadUnaligned<Half>(block);
        for (int i = 0; i < 32; i++)
        {
            target[i] = scale * (sbyte)block[2 + i];
        }
    }

    public static (uint D, ushort Dmin) Steps(byte* block) => (BlockBytes.U16(block), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Vector256.Load(block + 2) ^ Vector256.Create((byte)128);
}
