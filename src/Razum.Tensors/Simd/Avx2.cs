using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Simd;

/// <summary>256-bit vectors (x86-64 with AVX2 and FMA).</summary>
internal readonly unsafe struct Avx2 : ISimd<Vector256<float>>
{
    public static int Lanes => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<float> value) => Vector256.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadPartial(float* source, int count) => count == Lanes ? Load(source) : LoadTail(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector256<float> value, int count)
    {
        if (count == Lanes)
        {
            Store(target, value);
        }
        else
        {
            StoreTail(target, value, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBFloat16(ushort* source) => Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fma(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> a) => Exponential.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Vector128.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector256<float> a) => Neon.MaxLane(Vector128.Max(a.GetLower(), a.GetUpper()));

    // The tails are calls of their own: a method with stack memory would never be inlined into a loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> LoadTail(float* source, int count)
    {
        float* lanes = stackalloc float[8];
        for (int i = 0; i < Lanes; i++)
        {
            lanes[i] = i < count ? source[i] : 0;
        }

        return Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(float* target, Vector256<float> value, int count)
    {
        float* lanes = stackalloc float[8];
        Store(lanes, value);
        for (int i = 0; i < count; i++)
        {
            target[i] = lanes[i];
        }
    }
}
