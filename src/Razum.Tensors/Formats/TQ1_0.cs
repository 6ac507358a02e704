using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// 256 values of -1, 0, 1 times d, five in a byte. A byte is a fraction of 256 whose digits to the base of 3 are the values, first value first. Block: bytes of
/// 160 values (value i: byte i % 32, digit i / 32), of 80 (byte 32 + i % 16, digit i / 16), of 16 (byte 48 + i % 4, digit i / 4), d (F16).
/// </summary>
internal readonly unsafe struct TQ1_0 : IQuantizer
{
    private const int ScaleAt = 52;

    public static WeightFormat Format => WeightFormat.TQ1_0;

    public static int Values => 256;

    public static int Bytes => 54;

    private static ReadOnlySpan<byte> Powers => [1, 3, 9, 27, 81];

    public static void Dequantize(byte* block, float* target)
    {
        float d = F16(block + ScaleAt);
        for (int i = 0; i < 256; i++)
        {
            (int at, int digit) = Place(i);
            byte rest = (byte)(block[at] * Powers[digit]);
            target[i] = ((rest * 3 >> 8) - 1) * d;
        }
    }

    public static void Quantize(float* source, Importance importance, byte* block)
    {
        float scale = MathF.Abs(SymmetricSearch.Extreme(source, 256));
        float inverse = scale == 0 ? 0 : 1 / scale;
        int* numbers = stackalloc int[ScaleAt];
        new Span<int>(numbers, ScaleAt).Clear();
        for (int i = 0; i < 256; i++)
        {
            (int at, int digit) = Place(i);
            numbers[at] += ((int)MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero) + 1) * (81 / Powers[digit]);
        }

        for (int at = 0; at < ScaleAt; at++)
        {
            block[at] = (byte)(((numbers[at] * 256) + 242) / 243); // rounded up, so that the digits come out whole
        }

        PutF16(block + ScaleAt, scale);
    }

    private static (int At, int Digit) Place(int i) => i switch
    {
        < 160 => (i % 32, i / 32),
        < 240 => (32 + (i % 16), (i - 160) / 16),
        _ => (48 + (i % 4), (i - 240) / 4),
    };
}
