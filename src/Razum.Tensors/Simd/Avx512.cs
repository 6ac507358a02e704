using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Avx512Bytes = System.Runtime.Intrinsics.X86.Avx512BW;
using Avx512Isa = System.Runtime.Intrinsics.X86.Avx512F;

namespace Razum.Tensors.Simd;

/// <summary>512-bit vectors (x86-64 with AVX-512).</summary>
internal readonly unsafe struct Avx512 : ISimd<Vector512<float>>
{
    public static int Lanes => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector512<float> value) => Vector512.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadPartial(float* source, int count) => count == Lanes ? Load(source) : LoadTail(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector512<float> value, int count)
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
    public static Vector512<float> LoadBFloat16(ushort* source) => Vector512.ShiftLeft(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadHalf(ushort* source) => HalfFloat.Widen(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBytes(sbyte* source) => Vector512.ConvertToSingle(Avx512Isa.ConvertToVector512Int32(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> DotBytes(Vector512<float> sum, Vector512<float> weights, Vector512<float> x)
    {
        // Even and odd bytes widened to 16 bits: 255 * 128 * 2 fits in 32 bits, where the shorter way over 8-bit pairs would saturate.
        Vector512<int> even = Avx512Bytes.MultiplyAddAdjacent(
            weights.AsInt16() & Vector512.Create((short)0xff), Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(x.AsInt16(), 8), 8));
        Vector512<int> odd = Avx512Bytes.MultiplyAddAdjacent(
            Vector512.ShiftRightLogical(weights.AsUInt16(), 8).AsInt16(), Vector512.ShiftRightArithmetic(x.AsInt16(), 8));
        return (sum.AsInt32() + even + odd).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowNibbles(Vector512<float> bytes) => (bytes.AsByte() & Vector512.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> HighNibbles(Vector512<float> bytes) =>
        (Vector512.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector512.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddUpperBits(Vector512<float> nibbles, Vector512<float> upper, int place) =>
        (nibbles.AsByte() | (Vector512.ShiftLeft(Vector512.ShiftRightLogical(upper.AsUInt16(), 2 * place), 4).AsByte() & Vector512.Create((byte)0x30))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Lookup(Vector512<float> bytes, Vector128<byte> table) =>
        Avx512Bytes.Shuffle(Vector512.Create(Vector256.Create(table, table), Vector256.Create(table, table)), bytes.AsByte()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ToFloat(Vector512<float> integers) => Vector512.ConvertToSingle(integers.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> a) => Exponential.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Avx2.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector512<float> a) => Avx2.MaxLane(Vector256.Max(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<double> ab = (Avx512Isa.UnpackLow(a, b) + Avx512Isa.UnpackHigh(a, b)).AsDouble();
        Vector512<double> cd = (Avx512Isa.UnpackLow(c, d) + Avx512Isa.UnpackHigh(c, d)).AsDouble();
        Vector512<float> all = Avx512Isa.UnpackLow(ab, cd).AsSingle() + Avx512Isa.UnpackHigh(ab, cd).AsSingle();
        Vector256<float> half = all.GetLower() + all.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Maxima(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector512<double> ab = Max(Avx512Isa.UnpackLow(a, b), Avx512Isa.UnpackHigh(a, b)).AsDouble();
        Vector512<double> cd = Max(Avx512Isa.UnpackLow(c, d), Avx512Isa.UnpackHigh(c, d)).AsDouble();
        Vector512<float> all = Max(Avx512Isa.UnpackLow(ab, cd).AsSingle(), Avx512Isa.UnpackHigh(ab, cd).AsSingle());
        Vector256<float> half = Vector256.Max(all.GetLower(), all.GetUpper());
        return Vector128.Max(half.GetLower(), half.GetUpper());
    }

    // The tails are calls of their own: a method with stack memory would never be inlined into a loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> LoadTail(float* source, int count)
    {
        float* lanes = stackalloc float[16];
        for (int i = 0; i < Lanes; i++)
        {
            lanes[i] = i < count ? source[i] : 0;
        }

        return Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(float* target, Vector512<float> value, int count)
    {
        float* lanes = stackalloc float[16];
        Store(lanes, value);
        for (int i = 0; i < count; i++)
        {
            target[i] = lanes[i];
        }
    }
}
