using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Simd;

/// <summary>
/// F16 patterns, one in every 32-bit lane, to F32, exactly: exponent and fraction are moved into place and multiplied by 2^112, which also makes
/// denormals right; infinities and NaN get the full exponent. (.NET has no vector conversion of its own.)
/// </summary>
internal static class HalfFloat
{
    private const uint SignBit = 0x8000;
    private const uint Rest = 0x7fff;
    private const uint Infinity = 0x7c00;
    private const uint FullExponent = 0x7f800000;
    private static readonly float s_rescale = BitConverter.UInt32BitsToSingle((127 + 112) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Widen(Vector512<uint> half)
    {
        Vector512<uint> rest = half & Vector512.Create(Rest);
        Vector512<float> value = Vector512.ShiftLeft(rest, 13).AsSingle() * Vector512.Create(s_rescale);
        Vector512<uint> full = Vector512.GreaterThanOrEqual(rest, Vector512.Create(Infinity)) & Vector512.Create(FullExponent);
        return (value.AsUInt32() | full | Vector512.ShiftLeft(half & Vector512.Create(SignBit), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Widen(Vector256<uint> half)
    {
        Vector256<uint> rest = half & Vector256.Create(Rest);
        Vector256<float> value = Vector256.ShiftLeft(rest, 13).AsSingle() * Vector256.Create(s_rescale);
        Vector256<uint> full = Vector256.GreaterThanOrEqual(rest, Vector256.Create(Infinity)) & Vector256.Create(FullExponent);
        return (value.AsUInt32() | full | Vector256.ShiftLeft(half & Vector256.Create(SignBit), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Widen(Vector128<uint> half)
    {
        Vector128<uint> rest = half & Vector128.Create(Rest);
        Vector128<float> value = Vector128.ShiftLeft(rest, 13).AsSingle() * Vector128.Create(s_rescale);
        Vector128<uint> full = Vector128.GreaterThanOrEqual(rest, Vector128.Create(Infinity)) & Vector128.Create(FullExponent);
        return (value.AsUInt32() | full | Vector128.ShiftLeft(half & Vector128.Create(SignBit), 16)).AsSingle();
    }
}
