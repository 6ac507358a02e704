using System.Runtime.Intrinsics;

namespace Razum.Tensors.Simd;

/// <summary>
/// The few vector operations that kernels are written in. A kernel is one generic method over an instruction set
/// <c>S</c> and its vector type <c>V</c>; the JIT compiles it once per set, so that the abstraction costs nothing.
/// Results may differ between instruction sets (other lane counts); within one set they never depend on anything but the operands.
/// </summary>
internal unsafe interface ISimd<V>
    where V : struct
{
    /// <summary>Number of F32 lanes.</summary>
    static abstract int Lanes { get; }

    /// <summary>Whether kernels made at run time are used where there are some; they give the same bits.</summary>
    static virtual bool UsesMachineCode => false;

    static abstract V Zero { get; }

    static abstract V Broadcast(float value);

    static abstract V Load(float* source);

    static abstract void Store(float* target, V value);

    /// <summary>Loads <paramref name="count"/> lanes (0 to <see cref="Lanes"/>); the rest are 0. Never reads past the count.</summary>
    static abstract V LoadPartial(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes. Never writes past the count.</summary>
    static abstract void StorePartial(float* target, V value, int count);

    /// <summary>Loads BF16 values and widens them to F32 (exact).</summary>
    static abstract V LoadBFloat16(ushort* source);

    /// <summary>Loads F16 values and widens them to F32 (exact).</summary>
    static abstract V LoadHalf(ushort* source);

    /// <summary>Loads signed bytes as F32.</summary>
    static abstract V LoadBytes(sbyte* source);

    /// <summary>
    /// Lanes as 32-bit integers of four bytes each: sum + the four products of the unsigned bytes of <paramref name="weights"/> with the signed bytes of
    /// <paramref name="x"/>. Exact: the same integers in every set.
    /// </summary>
    static abstract V DotBytes(V sum, V weights, V x);

    /// <summary>The low four bits of every byte.</summary>
    static abstract V LowNibbles(V bytes);

    /// <summary>The high four bits of every byte.</summary>
    static abstract V HighNibbles(V bytes);

    /// <summary>Every byte of <paramref name="nibbles"/> + 16 times two bits of that of <paramref name="upper"/>: bits 2 <paramref name="place"/> and one more.</summary>
    static abstract V AddUpperBits(V nibbles, V upper, int place);

    /// <summary>What <paramref name="table"/> has in the place that every byte says, below 16.</summary>
    static abstract V Lookup(V bytes, Vector128<byte> table);

    /// <summary>Lanes as 32-bit integers converted to F32.</summary>
    static abstract V ToFloat(V integers);

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    static abstract V Divide(V a, V b);

    /// <summary>a * b + c with one rounding.</summary>
    static abstract V Fma(V a, V b, V c);

    static abstract V Max(V a, V b);

    static abstract V Exp(V a);

    /// <summary>Sum over the lanes, always in the same order.</summary>
    static abstract float Sum(V a);

    static abstract float MaxLane(V a);

    /// <summary>The sums over the lanes of four vectors, all in one order (which need not be that of <see cref="Sum"/>).</summary>
    static abstract Vector128<float> Sums(V a, V b, V c, V d);

    /// <summary>The greatest lanes of four vectors.</summary>
    static abstract Vector128<float> Maxima(V a, V b, V c, V d);
}
