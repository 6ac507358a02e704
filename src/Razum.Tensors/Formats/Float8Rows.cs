using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Formats;

/// <summary>
/// Activations as DeepSeek-V3 feeds them to E4M3 weights (arXiv 2412.19437 section 3.3): of every row each 128 columns, the last ones maybe fewer, become
/// s E4M3(x / s), ties to even, with s = max(largest |x|, 1e-4) / 448. Models whose config says <c>scale_fmt</c> ue8m0 round s up to a power of two.
/// A row depends on itself alone. In memory that is used again.
/// </summary>
internal sealed unsafe class Float8Rows
{
    private const float Smallest = 1e-4f;
    private const float Largest = 448;

    /// <summary>Below this values of E4M3 are evenly spaced, 2^-9 apart.</summary>
    private const float SmallestNormal = 1f / 64;

    /// <summary>1.5 * 2^14: adding it leaves the nearest multiple of 2^-9, ties to even.</summary>
    private const float Rounding = 24576;

    private float* _data;
    private long _size;

    ~Float8Rows() => NativeMemory.AlignedFree(_data);

    /// <summary>x [T, K] rounded, contiguous; valid until the next call.</summary>
    internal Tensor Round(WorkerPool pool, Tensor x, bool powerOfTwo)
    {
        long needed = (long)x.Rows * x.Columns;
        if (needed > _size)
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            _size = 0;
            _data = (float*)NativeMemory.AlignedAlloc((nuint)(needed * sizeof(float)), 64);
            _size = needed;
        }

        var rounded = new Tensor(_data, x.Rows, x.Columns, x.Columns);
        Round(pool, x, powerOfTwo, rounded);
        return rounded;
    }

    /// <summary>The same into y, which may be x.</summary>
    internal static void Round(WorkerPool pool, Tensor x, bool powerOfTwo, Tensor y) =>
        pool.For(x.Rows, Math.Max(1, (1 << 14) / Math.Max(1, x.Columns)), new RoundJob(x, powerOfTwo, y));

    /// <summary>s of a group whose largest magnitude is <paramref name="largest"/>.</summary>
    internal static float Scale(float largest, bool powerOfTwo)
    {
        float scale = (largest < Smallest ? Smallest : largest) / Largest; // NaN stays
        return powerOfTwo && float.IsFinite(scale)
            ? BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(scale) + 0x7FFFFF) & 0xFF800000)
            : scale;
    }

    private static void RoundGroup(float* x, int count, bool powerOfTwo, float* y)
    {
        float largest = LargestMagnitude(x, count);
        float scale = Scale(largest, powerOfTwo);
        Vector128<float> scales = Vector128.Create(scale);
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            Vector128.Store(Nearest(Vector128.Load(x + i) / scales) * scales, y + i);
        }

        for (; i < count; i++)
        {
            y[i] = Nearest(Vector128.CreateScalar(x[i] / scale))[0] * scale;
        }
    }

    private static float LargestMagnitude(float* x, int count)
    {
        Vector128<float> largest = Vector128<float>.Zero;
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            largest = Vector128.Max(largest, Vector128.Abs(Vector128.Load(x + i)));
        }

        for (; i < count; i++)
        {
            largest = Vector128.Max(largest, Vector128.Create(MathF.Abs(x[i])));
        }

        return MathF.Max(MathF.Max(largest[0], largest[1]), MathF.Max(largest[2], largest[3]));
    }

    /// <summary>The values of the nearest E4M3 numbers, none above the largest; NaN stays.</summary>
    private static Vector128<float> Nearest(Vector128<float> value)
    {
        Vector128<uint> sign = value.AsUInt32() & Vector128.Create(0x80000000);
        Vector128<float> magnitude = Vector128.Abs(value);
        Vector128<uint> bits = magnitude.AsUInt32();
        Vector128<uint> odd = (bits >>> 20) & Vector128<uint>.One;
        Vector128<float> normal = ((bits + Vector128.Create(0x7FFFFu) + odd) & Vector128.Create(0xFFF00000)).AsSingle();
        Vector128<float> small = magnitude + Vector128.Create(Rounding) - Vector128.Create(Rounding);
        Vector128<float> nearest = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(SmallestNormal)), small, normal);
        nearest = Vector128.Min(nearest, Vector128.Create(Largest));
        nearest = Vector128.ConditionalSelect(Vector128.Equals(value, value), nearest, value);
        return (nearest.AsUInt32() | sign).AsSingle();
    }

    private readonly struct RoundJob(Tensor x, bool powerOfTwo, Tensor y) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int row = from; row < to; row++)
            {
                for (int column = 0; column < x.Columns; column += WeightRows.ScaleBlock)
                {
                    RoundGroup(x.Row(row) + column, Math.Min(WeightRows.ScaleBlock, x.Columns - column), powerOfTwo, y.Row(row) + column);
                }
            }
        }
    }
}
