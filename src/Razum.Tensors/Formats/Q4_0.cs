using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values of 4 bits: value = d (q - 8). Block: d (F16), 16 bytes; values j and j + 16 share byte j.</summary>
internal readonly unsafe struct Q4_0 : ITiledBlock
{
    public static WeightFormat Format => WeightFormat.Q4_0;

    public static int Values => 32;

    public static int Bytes => 18;

    public static int CodeBits => 4;

    public static int Excess => 8;

    public static (uint D, ushort Dmin) Steps(byte* block) => (U16(block), 0);

    public static Vector256<byte> Codes(byte* block, int part) => Halves(block + 2);

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block);
        for (int j = 0; j < 16; j++)
        {
            target[j] = d * ((block[2 + j] & 15) - 8);
            target[j + 16] = d * ((block[2 + j] >> 4) - 8);
        }
    }

    /// <summary>Without importance the bytes of ggml: the value of largest magnitude becomes -8.</summary>
    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float scale;
        if (importance.IsEmpty)
        {
            scale = SymmetricSearch.Extreme(source, 32) / -8;
        }
        else
        {
            float* weights = stackalloc float[32];
            importance.Weigh(source, 32, importance.RowMeanSquare, weights);
            scale = SymmetricSearch.Fit(source, weights, 32, 8);
        }

        PutF16(block, scale);
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int j = 0; j < 16; j++)
        {
            block[2 + j] = (byte)(Level(source[j]) | (Level(source[j + 16]) << 4));
        }

        int Level(float value) => Math.Clamp((int)((value * inverse) + 8.5f), 0, 15);
    }
}
