using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// Activations rounded to bytes, row by row, in memory that is used again. A row's blocks depend on that row alone and are the same for every instruction
/// set. The last matrix is remembered, so that several products of one x (q, k and v; gate and up) round it once.
/// </summary>
internal sealed unsafe class QuantisedRows
{
    /// <summary>Blocks whose largest magnitude is below this are zeros: their inverse scale would be infinite.</summary>
    private const float Smallest = 1e-30f;

    /// <summary>1.5 * 2^23: adding it leaves the nearest integer, ties to even, in the low bits.</summary>
    private const float Rounding = 12582912f;

    [ThreadStatic]
    private static QuantisedRows? s_ofThread;

    private byte* _data;
    private nuint _size;
    private Tensor _rows;
    private Arena.Mark _mark;
    private bool _reuse;
    private bool _isNew;

    ~QuantisedRows() => NativeMemory.AlignedFree(_data);

    /// <summary>The calling thread's own.</summary>
    internal static QuantisedRows OfThread => s_ofThread ??= new QuantisedRows();

    /// <summary>Blocks from one row to the next of a matrix with so many columns.</summary>
    internal static int Stride(int columns) => columns / ActivationBlock.Size;

    /// <summary>
    /// Before an operation on <paramref name="x"/>: whether the rows in memory are those of x still, because nothing has been taken from or given back to
    /// the arena since <see cref="Remember"/>, that is, no other operation has run.
    /// </summary>
    internal void Expect(Tensor x, Arena arena)
    {
        _isNew = false;
        bool same = _rows.Data == x.Data && _rows.Rows == x.Rows && _rows.Columns == x.Columns && _rows.Stride == x.Stride;
        _reuse = same && !_rows.IsEmpty && _mark == arena.Here();
    }

    /// <summary>After that operation: the rows in memory are those of its x, unless it needed none and they were not there before.</summary>
    internal void Remember(Arena arena)
    {
        if (!_reuse && !_isNew)
        {
            Forget();
        }

        _reuse = false;
        _mark = arena.Here();
    }

    /// <summary>After an operation that changes values in place.</summary>
    internal void Forget() => _rows = default;

    /// <summary>The blocks of x [T, K], row after row; valid until the next call.</summary>
    internal ActivationBlock* Fill<S, V>(WorkerPool pool, Tensor x)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (!_reuse)
        {
            int stride = Stride(x.Columns);
            Grow((nuint)((long)x.Rows * stride * sizeof(ActivationBlock)));
            Fill<S, V>(pool, x, (ActivationBlock*)_data);
            _rows = x;
            _isNew = true;
        }

        return (ActivationBlock*)_data;
    }

    /// <summary>The same in given memory.</summary>
    internal static void Fill<S, V>(WorkerPool pool, Tensor x, ActivationBlock* target)
        where S : struct, ISimd<V>
        where V : struct => pool.For(x.Rows, Math.Max(1, (1 << 14) / Math.Max(1, x.Columns)), new FillJob<S, V>(x, target));

    /// <summary>One block.</summary>
    [SkipLocalsInit]
    private static void Quantise<S, V>(float* x, ActivationBlock* block)
        where S : struct, ISimd<V>
        where V : struct
    {
        V largest = S.Zero;
        for (int i = 0; i < ActivationBlock.Size; i += S.Lanes)
        {
            V value = S.Load(x + i);
            largest = S.Max(largest, S.Max(value, S.Subtract(S.Zero, value)));
        }

        float max = S.MaxLane(largest);
        bool isZero = max < Smallest; // false for NaN, which then is the scale
        float scale = isZero ? 0 : max / 127;
        V inverse = S.Broadcast(isZero ? 0 : 127 / max);
        V rounding = S.Broadcast(Rounding);
        V sums = S.Zero, firstSums = S.Zero;
        float* bits = stackalloc float[ActivationBlock.Size];
        for (int i = 0; i < ActivationBlock.Size; i += S.Lanes)
        {
            firstSums = i == ActivationBlock.Size / 2 ? sums : firstSums;
            V rounded = S.Add(S.Multiply(S.Load(x + i), inverse), rounding);
            S.Store(bits + i, rounded);
            sums = S.Add(sums, S.Subtract(rounded, rounding)); // integers: exact in any order
        }

        int* integers = (int*)bits;
        for (int i = 0; i < ActivationBlock.Size; i += 16)
        {
            Vector128<short> low = Vector128.Narrow(Vector128.Load(integers + i), Vector128.Load(integers + i + 4));
            Vector128<short> high = Vector128.Narrow(Vector128.Load(integers + i + 8), Vector128.Load(integers + i + 12));
            Vector128.Store(Vector128.Narrow(low, high), block->Values + i);
        }

        float sum = S.Sum(sums), first = S.Sum(firstSums);
        block->Scale = scale;
        block->Offset = -128 * (int)sum;
        block->NegatedSum = -scale * sum;
        block->HalfOffsets[0] = -128 * (int)first;
        block->HalfOffsets[1] = -128 * (int)(sum - first);
    }

    private void Grow(nuint bytes)
    {
        if (bytes > _size)
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            _size = 0;
            _data = (byte*)NativeMemory.AlignedAlloc(bytes, 64);
            _size = bytes;
        }
    }

    private readonly struct FillJob<S, V>(Tensor x, ActivationBlock* target) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            int stride = Stride(x.Columns);
            for (int row = from; row < to; row++)
            {
                float* source = x.Row(row);
                ActivationBlock* blocks = target + ((nint)row * stride);
                for (int i = 0; i < stride; i++)
                {
                    Quantise<S, V>(source + (i * ActivationBlock.Size), blocks + i);
                }
            }
        }
    }
}
