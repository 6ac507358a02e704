using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>Numbers that lie in blocks, at any address.</summary>
internal static unsafe class BlockBytes
{
    /// <summary>F16 to F32, exact.</summary>
    internal static float F16(byte* source) => (float)Unsafe.ReadUnaligned<Half>(source);

    internal static ushort U16(byte* source) => Unsafe.ReadUnaligned<ushort>(source);

    internal static uint U32(byte* source) => Unsafe.ReadUnaligned<uint>(source);

    /// <summary>A few bits of each of 32 bytes, from bit <paramref name="from"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Bits(byte* source, int from, int count) =>
        Vector256.ShiftRightLogical(Vector256.Load(source).AsUInt16(), from).AsByte() & Vector256.Create((byte)((1 << count) - 1));

    /// <summary>32 values of four bits from 16 bytes: j and j + 16 share byte j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Halves(byte* source)
    {
        Vector128<byte> bytes = Vector128.Load(source);
        return Vector256.Create(bytes & Vector128.Create((byte)15), Vector128.ShiftRightLogical(bytes, 4));
    }

    /// <summary>Writes the nearest F16; the result is its value.</summary>
    internal static float PutF16(byte* target, float value)
    {
        Half half = (Half)value;
        Unsafe.WriteUnaligned(target, half);
        return (float)half;
    }

    /// <summary>Signs of eight values of the IQ2 and IQ3 formats: seven bits as stored, the eighth makes their number even.</summary>
    internal static int Signs(uint seven) => (int)(seven & 127) | ((System.Numerics.BitOperations.PopCount(seven & 127) & 1) << 7);

    /// <summary>target = scale * points[i], negative where the bit of <paramref name="signs"/> is set.</summary>
    internal static void Signed(ReadOnlySpan<sbyte> points, float scale, int signs, float* target)
    {
        for (int i = 0; i < points.Length; i++)
        {
            float value = scale * points[i];
            target[i] = (signs >> i & 1) != 0 ? -value : value;
        }
    }
}
