using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>
/// E4M3 without infinities (the F8_E4M3 of checkpoints): sign, four bits of exponent with bias 7, three of mantissa; largest value 448, 0x7F is NaN.
/// </summary>
internal static unsafe class Float8
{
    /// <summary>2^120: what the exponent's bias is short of that of F32, once the bits stand where F32 has them. Exact, for subnormal numbers too.</summary>
    private const float Bias = 1.329227995784916e36f;

    /// <summary>The value of a byte.</summary>
    internal static float Value(byte bits)
    {
        float magnitude = (bits & 0x7F) == 0x7F ? float.NaN : BitConverter.UInt32BitsToSingle((uint)(bits & 0x7F) << 20) * Bias;
        return (bits & 0x80) != 0 ? -magnitude : magnitude;
    }

    /// <summary>The nearest byte, ties to even; beyond the range the largest value, as frameworks cast.</summary>
    internal static byte Round(float value)
    {
        byte sign = (byte)(BitConverter.SingleToUInt32Bits(value) >> 24 & 0x80);
        float magnitude = MathF.Abs(value);
        if (!(magnitude < 464))
        {
            return (byte)(sign | (float.IsNaN(magnitude) ? 0x7F : 0x7E));
        }

        // The step of the last place is 2^(exponent - 3), and that of the smallest normal numbers below them.
        int exponent = magnitude < 1f / 64 ? -6 : Math.Max(-6, Math.ILogB(magnitude));
        int steps = (int)MathF.Round(MathF.ScaleB(magnitude, 3 - exponent)); // 8 to 16 for normal numbers
        return (byte)(sign | (steps + ((exponent + 6) << 3)));
    }

    /// <summary>target = factor * values, each product rounded.</summary>
    internal static void Widen(byte* source, int count, float factor, float* target)
    {
        int i = 0;
        Vector128<uint> magnitude = Vector128.Create(0x7Fu), sign = Vector128.Create(0x80u);
        Vector128<float> bias = Vector128.Create(Bias), scale = Vector128.Create(factor), none = Vector128.Create(float.NaN);
        for (; i + 16 <= count; i += 16)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(source + i));
            Store(low, target + i);
            Store(high, target + i + 8);
        }

        for (; i < count; i++)
        {
            target[i] = Value(source[i]) * factor;
        }

        void Store(Vector128<ushort> bytes, float* values)
        {
            (Vector128<uint> first, Vector128<uint> second) = Vector128.Widen(bytes);
            Vector128.Store(Make(first) * scale, values);
            Vector128.Store(Make(second) * scale, values + 4);
        }

        Vector128<float> Make(Vector128<uint> bits)
        {
            Vector128<uint> value = bits & magnitude;
            Vector128<float> made = (value << 20).AsSingle() * bias;
            made = Vector128.ConditionalSelect(Vector128.Equals(value, magnitude).AsSingle(), none, made);
            return (made.AsUInt32() | ((bits & sign) << 24)).AsSingle();
        }
    }
}
