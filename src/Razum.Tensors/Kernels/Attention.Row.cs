using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels;

/// <summary>
/// One query row over keys that were gathered for it (sparse attention): the arithmetic of <see cref="Forward"/> and <see cref="Backward"/> on a sequence of
/// these keys, on the calling thread. One key head; values are the first columns of the keys.
/// </summary>
internal static unsafe partial class Attention
{
    /// <summary>Some heads of a row: those of block <paramref name="block"/> when blocks have <paramref name="blockHeads"/> (a multiple of 4).</summary>
    /// <param name="q">[1, H*KeyDim]</param>
    /// <param name="keys">[K, KeyDim]</param>
    /// <param name="shape">Sizes; no window.</param>
    /// <param name="block">Which heads.</param>
    /// <param name="blockHeads">Heads in a block.</param>
    /// <param name="y">[1, H*ValueDim]</param>
    /// <param name="logSumExp">[1, H], or empty.</param>
    public static void ForwardRow<S, V>(Tensor q, Tensor keys, AttentionShape shape, int block, int blockHeads, Tensor y, Tensor logSumExp)
        where S : struct, ISimd<V>
        where V : struct
    {
        int blocks = (shape.Heads + blockHeads - 1) / blockHeads;
        var segment = new SegmentView(0, 1, keys.Rows - 1, 0, blocks, Gathered(keys)) { PieceHeads = 1 };
        new ForwardJob<S, V>(q, y, logSumExp, shape, &segment, 1, blockHeads).Run(block, block + 1);
    }

    /// <summary>Adds to dq [1, H*KeyDim] and dkeys [K, KeyDim] what the row gives them.</summary>
    /// <param name="dy">[1, H*ValueDim]</param>
    /// <param name="q">[1, H*KeyDim]</param>
    /// <param name="keys">[K, KeyDim]</param>
    /// <param name="y">What the forward pass gave.</param>
    /// <param name="logSumExp">What the forward pass gave. [1, H]</param>
    /// <param name="shape">Sizes; no window.</param>
    /// <param name="dq">[1, H*KeyDim]</param>
    /// <param name="dkeys">[K, KeyDim]</param>
    /// <param name="memory">Room for <see cref="RowFloats"/> values.</param>
    public static void BackwardRow<S, V>(
        Tensor dy, Tensor q, Tensor keys, Tensor y, Tensor logSumExp, AttentionShape shape, Tensor dq, Tensor dkeys, float* memory)
        where S : struct, ISimd<V>
        where V : struct
    {
        int rows = PaddedRows(shape.Heads);
        int keyColumns = GradientJob<S, V>.PaddedColumns(shape.KeyDim), valueColumns = GradientJob<S, V>.PaddedColumns(shape.ValueDim);
        var segment = new SegmentView(0, 1, keys.Rows - 1, 0, 1, Gathered(keys));
        var job = new GradientJob<S, V>
        {
            Shape = shape,
            Segments = &segment,
            KeyColumns = keyColumns,
            ValueColumns = valueColumns,
            Q = q,
            Y = y,
            LogSumExp = logSumExp,
            Dy = dy,
            Dq = dq,
            Dk = dkeys,
            Dv = dkeys.Slice(0, shape.ValueDim),
            Queries = memory,
            QueryGradients = memory + (rows * keyColumns),
            OutputGradients = memory + (2 * rows * keyColumns),
            Offsets = memory + (rows * ((2 * keyColumns) + valueColumns)),
            Dots = memory + (rows * ((2 * keyColumns) + valueColumns + 1)),
        };
        job.Run(0, 1);
    }

    /// <summary>Values of memory that <see cref="BackwardRow"/> works in.</summary>
    public static int RowFloats<S, V>(AttentionShape shape)
        where S : struct, ISimd<V>
        where V : struct =>
        PaddedRows(shape.Heads) * ((2 * GradientJob<S, V>.PaddedColumns(shape.KeyDim)) + GradientJob<S, V>.PaddedColumns(shape.ValueDim) + 2);

    private static KeyRun Gathered(Tensor keys) => new(keys.Data, keys.Stride, keys.Data, keys.Stride, keys.Rows);
}
