using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Rotary embedding, in place: every pair (a, b) of a head becomes (a cos - b sin, a sin + b cos), the angle being that of the row's position.
/// Backward is the inverse rotation (-sin) of the gradient. x [T, H*headDim]; columns [offset, offset + dim) of every head are rotated.
/// </summary>
internal static unsafe class Rope
{
    private const int ValuesPerPiece = 1 << 14;

    public static void Forward<S, V>(WorkerPool pool, Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
        where S : struct, ISimd<V>
        where V : struct => Rotate<S, V>(pool, x, table, positions, headDim, offset, 1);

    /// <summary>Turns the gradient of the rotated values into that of the values before, in place.</summary>
    public static void Backward<S, V>(WorkerPool pool, Tensor dx, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
        where S : struct, ISimd<V>
        where V : struct => Rotate<S, V>(pool, dx, table, positions, headDim, offset, -1);

    public static void Reference(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
    {
        CheckShapes(x, table, positions, headDim, offset);
        (int first, int second) = table.Layout == RopeLayout.Half ? (1, table.Dim / 2) : (2, 1);
        for (int t = 0; t < x.Rows; t++)
        {
            for (int h = 0; h < x.Columns / headDim; h++)
            {
                Span<float> head = x[t].Slice((h * headDim) + offset, table.Dim);
                for (int i = 0; i < table.Dim / 2; i++)
                {
                    double angle = positions[t] * table.Frequencies[i];
                    double cos = Math.Cos(angle) * table.AttentionFactor;
                    double sin = Math.Sin(angle) * table.AttentionFactor;
                    double a = head[i * first];
                    double b = head[(i * first) + second];
                    head[i * first] = (float)((a * cos) - (b * sin));
                    head[(i * first) + second] = (float)((a * sin) + (b * cos));
                }
            }
        }
    }

    private static void Rotate<S, V>(WorkerPool pool, Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset, float direction)
        where S : struct, ISimd<V>
        where V : struct
    {
        int last = CheckShapes(x, table, positions, headDim, offset);
        float[] rows = table.Rows(last + 1);
        fixed (int* at = positions)
        fixed (float* angles = rows)
        {
            var job = new Job<S, V>
            {
                Data = x.Data + offset,
                Stride = x.Stride,
                Heads = x.Columns / headDim,
                HeadDim = headDim,
                Dim = table.Dim,
                Interleaved = table.Layout == RopeLayout.Interleaved,
                Direction = direction,
                Positions = at,
                Angles = angles,
            };
            pool.For(x.Rows, Math.Max(1, ValuesPerPiece / Math.Max(1, job.Heads * job.Dim)), job);
        }
    }

    /// <summary>Returns the highest position, -1 when there are no rows.</summary>
    private static int CheckShapes(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
    {
        if (headDim <= 0 || offset < 0 || offset + table.Dim > headDim || x.Columns % headDim != 0)
        {
            throw new ArgumentException($"Columns [{offset}, {offset + table.Dim}) of heads of {headDim} do not fit rows of {x.Columns}.");
        }

        if (positions.Length != x.Rows)
        {
            throw new ArgumentException($"{positions.Length} positions for {x.Rows} rows.", nameof(positions));
        }

        int last = -1;
        foreach (int position in positions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(positions));
            last = Math.Max(last, position);
        }

        return last;
    }

    private struct Job<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public float* Data;
        public int Stride;
        public int Heads;
        public int HeadDim;
        public int Dim;
        public bool Interleaved;
        public float Direction;
        public int* Positions;
        public float* Angles;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float* cos = Angles + ((long)Positions[t] * Dim);
                float* head = Data + ((long)t * Stride);
                for (int h = 0; h < Heads; h++, head += HeadDim)
                {
                    if (Interleaved)
                    {
                        Pairs(head, cos, cos + (Dim / 2), Dim / 2, Direction);
                    }
                    else
                    {
                        Halves(head, cos, cos + (Dim / 2), Dim / 2, Direction);
                    }
                }
            }
        }

        private static void Halves(float* head, float* cos, float* sin, int half, float direction)
        {
            int i = 0;
            V sign = S.Broadcast(direction);
            for (; i + S.Lanes <= half; i += S.Lanes)
            {
                V a = S.Load(head + i);
                V b = S.Load(head + half + i);
                V c = S.Load(cos + i);
                V s = S.Multiply(sign, S.Load(sin + i));
                S.Store(head + i, S.Fma(a, c, S.Subtract(S.Zero, S.Multiply(b, s))));
                S.Store(head + half + i, S.Fma(a, s, S.Multiply(b, c)));
            }

            for (; i < half; i++)
            {
                (head[i], head[half + i]) = Turn(head[i], head[half + i], cos[i], direction * sin[i]);
            }
        }

        // Two pairs to a 128-bit vector, which every processor has: (a, b) cos + (b, a) (-sin, sin).
        private static void Pairs(float* head, float* cos, float* sin, int half, float direction)
        {
            int i = 0;
            Vector128<float> sign = Vector128.Create(-direction, direction, -direction, direction);
            for (; i + 2 <= half; i += 2)
            {
                Vector128<float> x = Vector128.Load(head + (2 * i));
                Vector128<float> swapped = Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2));
                Vector128<float> c = Vector128.Create(cos[i], cos[i], cos[i + 1], cos[i + 1]);
                Vector128<float> s = sign * Vector128.Create(sin[i], sin[i], sin[i + 1], sin[i + 1]);
                Vector128.Store(Vector128.FusedMultiplyAdd(x, c, swapped * s), head + (2 * i));
            }

            if (i < half)
            {
                (head[2 * i], head[(2 * i) + 1]) = Turn(head[2 * i], head[(2 * i) + 1], cos[i], direction * sin[i]);
            }
        }

        // A column is always turned by the same code, so the paths need not agree in the last bit.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (float First, float Second) Turn(float a, float b, float cos, float sin) =>
            (MathF.FusedMultiplyAdd(a, cos, -(b * sin)), MathF.FusedMultiplyAdd(a, sin, b * cos));
    }
}
