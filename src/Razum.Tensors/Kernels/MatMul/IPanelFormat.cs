using System.Runtime.CompilerServices;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>How the values of a panel are stored; loading them gives F32 without rounding.</summary>
internal unsafe interface IPanelFormat
{
    /// <summary>Bytes of one value.</summary>
    static abstract int Size { get; }

    /// <summary>The vector that begins <paramref name="offset"/> values after <paramref name="source"/>.</summary>
    static abstract V Load<S, V>(byte* source, int offset)
        where S : struct, ISimd<V>
        where V : struct;

    /// <summary>One value.</summary>
    static abstract float Load(byte* source, long index);
}

/// <summary>F32 as it is.</summary>
internal readonly unsafe struct Float32Panel : IPanelFormat
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* source, int offset)
        where S : struct, ISimd<V>
        where V : struct => S.Load((float*)source + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source, long index) => ((float*)source)[index];
}

/// <summary>F16, widened while it is loaded.</summary>
internal readonly unsafe struct Float16Panel : IPanelFormat
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* source, int offset)
        where S : struct, ISimd<V>
        where V : struct => S.LoadHalf((ushort*)source + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source, long index) => (float)((Half*)source)[index];
}

/// <summary>BF16, widened while it is loaded.</summary>
internal readonly unsafe struct BFloat16Panel : IPanelFormat
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* source, int offset)
        where S : struct, ISimd<V>
        where V : struct => S.LoadBFloat16((ushort*)source + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source, long index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[index] << 16);
}
