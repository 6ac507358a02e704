using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Avx2Isa = System.Runtime.Intrinsics.X86.Avx2;

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
    public static Vector256<float> LoadHalf(ushort* source) => HalfFloat.Widen(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBytes(sbyte* source) =>
        Vector256.ConvertToSingle(Avx2Isa.ConvertToVector256Int32(Vector64.Load(source).ToVector128Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> DotBytes(Vector256<float> sum, Vector256<float> weights, Vector256<float> x)
    {
        // Even and odd bytes widened to 16 bits: 255 * 128 * 2 fits in 32 bits, where the shorter way over 8-bit pairs would saturate.
        Vector256<int> even = Avx2Isa.MultiplyAddAdjacent(
            weights.AsInt16() & Vector256.Create((short)0xff), Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(x.AsInt16(), 8), 8));
        Vector256<int> odd = Avx2Isa.MultiplyAddAdjacent(
            Vector256.ShiftRightLogical(weights.AsUInt16(), 8).AsInt16(), Vector256.ShiftRightArithmetic(x.AsInt16(), 8));
        return (sum.AsInt32() + even + odd).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LowNibbles(Vector256<float> bytes) => (bytes.AsByte() & Vector256.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> HighNibbles(Vector256<float> bytes) =>
        (Vector256.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector256.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddUpperBits(Vector256<float> nibbles, Vector256<float> upper, int place) =>
        (nibbles.AsByte() | (Vector256.ShiftLeft(Vector256.ShiftRightLogical(upper.AsUInt16(), 2 * place), 4).AsByte() & Vector256.Create((byte)0x30))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lookup(Vector256<float> bytes, Vector128<byte> table) =>
        Avx2Isa.Shuffle(Vector256.Create(table, table), bytes.AsByte()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToFloat(Vector256<float> integers) => Vector256.ConvertToSingle(integers.AsInt32());

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<double> ab = (Avx2Isa.UnpackLow(a, b) + Avx2Isa.UnpackHigh(a, b)).AsDouble();
        Vector256<double> cd = (Avx2Isa.UnpackLow(c, d) + Avx2Isa.UnpackHigh(c, d)).AsDouble();
        Vector256<float> all = Avx2Isa.UnpackLow(ab, cd).AsSingle() + Avx2Isa.UnpackHigh(ab, cd).AsSingle();
        return all.GetLower() + all.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Maxima(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<double> ab = Max(Avx2Isa.UnpackLow(a, b), Avx2Isa.UnpackHigh(a, b)).AsDouble();
        Vector256<double> cd = Max(Avx2Isa.UnpackLow(c, d), Avx2Isa.UnpackHigh(c, d)).AsDouble();
        Vector256<float> all = Max(Avx2Isa.UnpackLow(ab, cd).AsSingle(), Avx2Isa.UnpackHigh(ab, cd).AsSingle());
        return Vector128.Max(all.GetLower(), all.GetUpper());
    }

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
