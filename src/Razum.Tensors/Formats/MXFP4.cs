using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 32 values of E2M1 with a common power of two (OCP microscaling): value = 2^(e - 127) v. Block: e (E8M0), 16 bytes; values j and j + 16 share byte j.
/// 255 is no NaN here but the next power, as ggml has it.
/// </summary>
internal readonly unsafe struct MXFP4 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.MXFP4;

    public static int Values => 32;

    public static int Bytes => 17;

    public static int CodeBits => 4;

    public static int Excess => 128;

    public static bool HasCodebook => true;

    public static Vector128<byte> Codebook => Codebooks.Excess128(Codebooks.Fp4);

    public static bool HasFloatStep => true;

    public static (uint D, ushort Dmin) Steps(byte* block) => (BitConverter.SingleToUInt32Bits(HalfPower(block[0])), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Halves(block + 1);

    public static void Dequantize(byte* block, float* target)
    {
        float d = HalfPower(block[0]);
        ReadOnlySpan<sbyte> levels = Codebooks.Fp4;
        for (int j = 0; j < 16; j++)
        {
            target[j] = d * levels[block[1 + j] & 15];
            target[j + 16] = d * levels[block[1 + j] >> 4];
        }
    }

    /// <summary>The power that puts the largest magnitude between 4 and 8, of which 6 is the largest value there is; importance changes nothing.</summary>
    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float largest = MathF.Abs(SymmetricSearch.Extreme(source, 32));
        block[0] = (byte)(largest > 0 ? Math.Clamp((int)MathF.Floor(MathF.Log2(largest)) - 2 + 127, 0, 255) : 0);
        float d = HalfPower(block[0]);
        for (int j = 0; j < 16; j++)
        {
            block[1 + j] = (byte)(Nearest(source[j], d) | (Nearest(source[j + 16], d) << 4));
        }
    }

    /// <summary>2^(e - 128), the two smallest below the normal numbers.</summary>
    internal static float HalfPower(byte e) => BitConverter.UInt32BitsToSingle(e < 2 ? 0x00200000u << e : (uint)(e - 1) << 23);

    private static int Nearest(float value, float scale)
    {
        ReadOnlySpan<sbyte> levels = Codebooks.Fp4;
        (int best, float error) = (0, float.PositiveInfinity);
        for (int code = 0; code < 16; code++)
        {
            float tried = MathF.Abs((levels[code] * scale) - value);
            (best, error) = tried < error ? (code, tried) : (best, error);
        }

        return best;
    }
}
