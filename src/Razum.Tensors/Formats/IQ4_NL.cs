using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>32 values on the 16 levels of <see cref="Codebooks.Iq4"/>: value = d level. Block: d (F16), 16 bytes; values j and j + 16 share byte j.</summary>
internal readonly unsafe struct IQ4_NL : ISignedBlock
{
    public static WeightFormat Format => WeightFormat.IQ4_NL;

    public static int Values => 32;

    public static int Bytes => 18;

    public static int Runs => 1;

    public static void Read(byte* block, int part, sbyte* weights, float* scales)
    {
        ReadLevels(block + 2, Codebooks.Iq4, weights);
        scales[0] = F16(block);
    }

    /// <summary>32 levels from 16 bytes of codes.</summary>
    internal static void ReadLevels(byte* codes, ReadOnlySpan<sbyte> codebook, sbyte* levels)
    {
        for (int j = 0; j < 16; j++)
        {
            levels[j] = codebook[codes[j] & 15];
            levels[j + 16] = codebook[codes[j] >> 4];
        }
    }

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
