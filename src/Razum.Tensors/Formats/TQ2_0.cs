using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>256 values of -1, 0, 1 times d in two bits. Block: 64 bytes (in each half of 128 values: byte i % 32, bits 2 (i / 32)), d (F16).</summary>
internal readonly unsafe struct TQ2_0 : IQuantizer
{
    public static WeightFormat Format => WeightFormat.TQ2_0;

    public static int Values => 256;

    public static int Bytes => 66;

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block + 64);
        for (int i = 0; i < 256; i++)
        {
            target[i] = ((block[(i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2) & 3) - 1) * d;
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float scale = MathF.Abs(SymmetricSearch.Extreme(source, 256));
        float inverse = scale == 0 ? 0 : 1 / scale;
        new Span<byte>(block, Bytes).Clear();
        for (int i = 0; i < 256; i++)
        {
            int level = (int)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero) + 1;
            block[(i / 128 * 32) + (i % 32)] |= (byte)(level << (i % 128 / 32 * 2));
        }

        PutF16(block + 64, scale);
    }
}
