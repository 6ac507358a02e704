using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values on the 16 levels of <see cref="Codebooks.Iq4"/>: value = d level. Block: d (F16), 16 bytes; values j and j + 16 share byte j.</summary>
internal readonly unsafe struct IQ4_NL : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.IQ4_NL;

    public static int Values => 32;

    public static int Bytes => 18;

    public static int CodeBits => 4;

    public static int Excess => 128;

    public static bool HasCodebook => true;

    public static Vector128<byte> Codebook => Codebooks.Excess128(Codebooks.Iq4);

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Halves(block + 2);

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        ReadOnlySpan<sbyte> levels = Codebooks.Iq4;
        for (int j = 0; j < 16; j++)
        {
            target[j] = d * levels[block[2 + j] & 15];
            target[j + 16] = d * levels[block[2 + j] >> 4];
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float* weights = stackalloc float[32];
        if (importance.IsEmpty)
        {
            SymmetricSearch.Squares(source, 32, weights);
        }
        else
        {
            importance.Weigh(source, 32, Importance.TwiceMeanSquare(source, 32), weights);
        }

        float scale = CodebookSearch.Fit(source, weights);
        PutF16(block, scale);
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int j = 0; j < 16; j++)
        {
            int low = CodebookSearch.Nearest(source[j] * inverse), high = CodebookSearch.Nearest(source[j + 16] * inverse);
            block[2 + j] = (byte)(low | (high << 4));
        }
    }
}
