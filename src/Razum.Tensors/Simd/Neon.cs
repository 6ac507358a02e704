using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Razum.Tensors.Simd;

/// <summary>128-bit vectors: ARM NEON, and SSE with FMA on x86-64, where the same code can be tested.</summary>
internal readonly unsafe struct Neon : ISimd<Vector128<float>>
{
    public static int Lanes => 4;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector128<float> value) => Vector128.Store(value, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadPartial(float* source, int count) => count == Lanes ? Load(source) : LoadTail(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector128<float> value, int count)
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
    public static Vector128<float> LoadBFloat16(ushort* source) => Vector128.ShiftLeft(Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadHalf(ushort* source) => HalfFloat.Widen(Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBytes(sbyte* source)
    {
        Vector128<sbyte> bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<int>(source)).AsSByte();
        return Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> DotBytes(Vector128<float> sum, Vector128<float> weights, Vector128<float> x)
    {
        Vector128<int> total = sum.AsInt32();
        Vector128<uint> w = weights.AsUInt32();
        Vector128<int> v = x.AsInt32();
        total += (w & Vector128.Create(0xffu)).AsInt32() * Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(v, 24), 24);
        total += (Vector128.ShiftRightLogical(w, 8) & Vector128.Create(0xffu)).AsInt32() * Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(v, 16), 24);
        total += (Vector128.ShiftRightLogical(w, 16) & Vector128.Create(0xffu)).AsInt32() * Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(v, 8), 24);
        total += Vector128.ShiftRightLogical(w, 24).AsInt32() * Vector128.ShiftRightArithmetic(v, 24);
        return total.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowNibbles(Vector128<float> bytes) => (bytes.AsByte() & Vector128.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> HighNibbles(Vector128<float> bytes) =>
        (Vector128.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector128.Create((byte)15)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddUpperBits(Vector128<float> nibbles, Vector128<float> upper, int place) =>
        (nibbles.AsByte() | (Vector128.ShiftLeft(Vector128.ShiftRightLogical(upper.AsUInt16(), 2 * place), 4).AsByte() & Vector128.Create((byte)0x30))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Lookup(Vector128<float> bytes, Vector128<byte> table) =>
        Vector128.Shuffle(table, bytes.AsByte()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToFloat(Vector128<float> integers) => Vector128.ConvertToSingle(integers.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fma(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp(Vector128<float> a) => Exponential.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a) => Vector128.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector128<float> a) => MathF.Max(MathF.Max(a.ToScalar(), a.GetElement(1)), MathF.Max(a.GetElement(2), a.GetElement(3)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) => AdvSimd.Arm64.IsSupported
        ? AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d))
        : Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Maxima(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) => AdvSimd.Arm64.IsSupported
        ? AdvSimd.Arm64.MaxPairwise(AdvSimd.Arm64.MaxPairwise(a, b), AdvSimd.Arm64.MaxPairwise(c, d))
        : Vector128.Create(MaxLane(a), MaxLane(b), MaxLane(c), MaxLane(d));

    // The tails are calls of their own: a method with stack memory would never be inlined into a loop.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector128<float> LoadTail(float* source, int count)
    {
        float* lanes = stackalloc float[4];
        for (int i = 0; i < Lanes; i++)
        {
            lanes[i] = i < count ? source[i] : 0;
        }

        return Load(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(float* target, Vector128<float> value, int count)
    {
        float* lanes = stackalloc float[4];
        Store(lanes, value);
        for (int i = 0; i < count; i++)
        {
            target[i] = lanes[i];
        }
    }
}
