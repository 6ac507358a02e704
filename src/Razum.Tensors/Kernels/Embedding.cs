using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>y[t] = table[ids[t]]. Backward: dtable[ids[t]] += dy[t], rows in ascending order of t.</summary>
internal static unsafe class Embedding
{
    public static void Forward<S, V>(WorkerPool pool, Weight table, int* ids, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(y.Rows, 64, new ForwardJob<S, V> { Table = table, Ids = ids, Y = y });

    /// <summary>Adds to dtable. Pieces are columns: two threads never meet in one value.</summary>
    public static void Backward<S, V>(WorkerPool pool, Tensor dy, int* ids, Tensor dtable)
        where S : struct, ISimd<V>
        where V : struct => pool.For(dy.Columns, 64, new BackwardJob<S, V> { Dy = dy, Ids = ids, Dtable = dtable });

    public static void Reference(Weight table, int* ids, Tensor y)
    {
        float[] values = table.ToArray();
        for (int t = 0; t < y.Rows; t++)
        {
            values.AsSpan(ids[t] * table.Columns, table.Columns).CopyTo(y[t]);
        }
    }

    private struct ForwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Weight Table;
        public int* Ids;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            int columns = Y.Columns;
            for (int t = from; t < to; t++)
            {
                long offset = (long)Ids[t] * columns;
                if (Table.Format == WeightFormat.F32)
                {
                    Buffer.MemoryCopy(Table.Floats + offset, Y.Row(t), columns * 4L, columns * 4L);
                    continue;
                }

                if (Table.Format != WeightFormat.BF16)
                {
                    Table.CopyRow(Ids[t], Y.Row(t));
                    continue;
                }

                ushort* source = (ushort*)Table.Data + offset;
                float* target = Y.Row(t);
                int c = 0;
                for (; c + S.Lanes <= columns; c += S.Lanes)
                {
                    S.Store(target + c, S.LoadBFloat16(source + c));
                }

                for (; c < columns; c++)
                {
                    target[c] = BitConverter.UInt32BitsToSingle((uint)source[c] << 16);
                }
            }
        }
    }

    private struct BackwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Dy;
        public int* Ids;
        public Tensor Dtable;

        public readonly void Run(int from, int to)
        {
            for (int t = 0; t < Dy.Rows; t++)
            {
                float* source = Dy.Row(t);
                float* target = Dtable.Row(Ids[t]);
                for (int c = from; c < to; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, to - c);
                    S.StorePartial(target + c, S.Add(S.LoadPartial(target + c, n), S.LoadPartial(source + c, n)), n);
                }
            }
        }
    }
}
