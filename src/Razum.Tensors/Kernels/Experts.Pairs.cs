using Razum.Tensors.Kernels.BFloat16;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The experts with operands rounded to BF16. Rows are rounded once, in the sorted order, so that an expert's rows lie together and no product gathers.
/// What lies between the products is the same as in F32.
/// </summary>
internal static unsafe partial class Experts
{
    internal static void ForwardPairs<S, V, P>(
        WorkerPool pool, PairScratch scratch, Arena arena, Tensor x, in Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        Check(x, routing, experts, y);
        int inner = experts.Gate[0].Rows;
        ExpertGroups groups = ExpertGroups.Create(arena, routing);
        saved = new ExpertActivations(groups, arena.Allocate(groups.Count, inner), arena.Allocate(groups.Count, inner)); // [T*K, mi]
        PackPairs<P>(pool, groups, experts, false);

        Arena.Mark mark = arena.Here();
        Tensor outputs = arena.Allocate(groups.Count, y.Columns); // [T*K, D]
        PairRows inputs = Sorted<P>(pool, scratch, 0, x, groups); // [T*K, D]
        PairRows hidden = new(scratch.Values(1, PairRows.Size(groups.Count, inner)), groups.Count, inner, 1); // [T*K, mi]
        ExpertPieces pieces = groups.Cut(arena, inner, pool.Threads);
        pool.For(pieces.Count, 1, new PairGateUpJob<S, V, P>(pieces, saved, inputs, experts, hidden));
        pieces = groups.Cut(arena, y.Columns, pool.Threads);
        pool.For(pieces.Count, 1, new PairDownJob<P>(pieces, experts, hidden, outputs));
        pool.For(y.Rows, 16, new CombineJob<S, V>(groups, routing.TopK, routing.Weights, outputs, y, false));
        arena.Release(mark);
    }

    /// <summary>As <c>Backward</c>.</summary>
    internal static void BackwardPairs<S, V, P>(
        WorkerPool pool, PairScratch scratch, Arena arena, Tensor dy, Tensor x, in Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dRouting)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        int inner = experts.Gate[0].Rows;
        ExpertGroups groups = saved.Groups;
        Arena.Mark mark = arena.Here();
        Tensor dGate = arena.Allocate(groups.Count, inner); // [T*K, mi]: g, then dgate
        Tensor dUp = arena.Allocate(groups.Count, inner);
        Tensor hidden = arena.Allocate(groups.Count, inner); // w h
        PackPairs<P>(pool, groups, experts, true);

        PairRows dOutputs = Sorted<P>(pool, scratch, 0, dy, groups); // [T*K, D]
        ExpertPieces pieces = groups.Cut(arena, inner, pool.Threads);
        pool.For(pieces.Count, 1, new PairDownInputJob<P>(pieces, experts, dOutputs, dGate));
        pool.For(routing.Rows, 16, new ActivationJob<S, V>(saved, routing, dGate, dUp, hidden, dRouting));

        long size = PairRows.Size(groups.Count, inner);
        PairRows gates = PairRows.Round<P>(pool, dGate, 1, scratch.Values(1, 3 * size));
        PairRows ups = PairRows.Round<P>(pool, dUp, 1, gates.Data + size);
        PairRows middle = PairRows.Round<P>(pool, hidden, 1, ups.Data + size);
        if (!dx.IsEmpty)
        {
            Tensor parts = arena.Allocate(groups.Count, dx.Columns); // [T*K, D]
            pieces = groups.Cut(arena, dx.Columns, pool.Threads);
            pool.For(pieces.Count, 1, new PairInputJob<P>(pieces, experts, gates, ups, parts));
            pool.For(dx.Rows, 16, new CombineJob<S, V>(groups, routing.TopK, default, parts, dx, true));
        }

        PairRows inputs = Sorted<P>(pool, scratch, 2, x, groups);
        pool.For(3 * groups.BusyCount, 1, new PairWeightJob<P>(groups, experts, dOutputs, inputs, gates, ups, middle));
        arena.Release(mark);
    }

    private static void PackPairs<P>(WorkerPool pool, ExpertGroups groups, ExpertWeights experts, bool byRows)
        where P : struct, IPairKernels
    {
        for (int b = 0; b < groups.BusyCount; b++)
        {
            int e = groups.Busy[b];
            if (!PairWeight.IsCurrent(experts.Gate[e], byRows) || !PairWeight.IsCurrent(experts.Up[e], byRows) || !PairWeight.IsCurrent(experts.Down[e], byRows))
            {
                pool.For(groups.BusyCount, 1, new PairPackJob<P>(groups, experts, byRows));
                return;
            }
        }
    }

    /// <summary>The rows of x in the sorted order, rounded.</summary>
    private static PairRows Sorted<P>(WorkerPool pool, PairScratch scratch, int place, Tensor x, ExpertGroups groups)
        where P : struct, IPairKernels =>
        PairRows.Round<P>(pool, x, 1, scratch.Values(place, PairRows.Size(groups.Count, x.Columns)), groups.Row, groups.Count);

    /// <summary>c (+)= rows of a piece times its columns of the panels.</summary>
    private static void Multiply<P>(PairRows a, in ExpertPiece piece, PairPanels panels, Tensor c, bool accumulate)
        where P : struct, IPairKernels =>
        PairProduct.Rows<P>(
            a.At(piece.Place), a.Stride, piece.Rows, panels, 0, piece.Column, piece.End, c.Row(piece.Place) + piece.Column, c.Stride, accumulate);

    /// <summary>Packs the matrices of the busy experts, where they are stale.</summary>
    private readonly struct PairPackJob<P>(ExpertGroups groups, ExpertWeights experts, bool byRows) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int b = from; b < to; b++)
            {
                int e = groups.Busy[b];
                PairWeight.Refresh<P>(experts.Gate[e], byRows);
                PairWeight.Refresh<P>(experts.Up[e], byRows);
                PairWeight.Refresh<P>(experts.Down[e], byRows);
            }
        }
    }

    /// <summary>gate = x Gate^T, up = x Up^T, hidden = silu(gate) * up, rounded, for the rows and columns of a piece.</summary>
    private readonly struct PairGateUpJob<S, V, P>(ExpertPieces pieces, ExpertActivations saved, PairRows inputs, ExpertWeights experts, PairRows hidden) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            float* row = ThreadScratch.Left(hidden.Columns);
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                Multiply<P>(inputs, piece, PairWeight.Current(experts.Gate[piece.Expert], false), saved.Gate, false);
                Multiply<P>(inputs, piece, PairWeight.Current(experts.Up[piece.Expert], false), saved.Up, false);
                for (int p = piece.Place; p < piece.Place + piece.Rows; p++)
                {
                    GateUpJob<S, V>.Activate(saved.Gate.Row(p), saved.Up.Row(p), row, piece.Column, piece.End);
                    P.Round(row + piece.Column, piece.End - piece.Column, hidden.At(p) + piece.Column);
                }
            }
        }
    }

    /// <summary>outputs = hidden Down^T for the rows and columns of a piece.</summary>
    private readonly struct PairDownJob<P>(ExpertPieces pieces, ExpertWeights experts, PairRows hidden, Tensor outputs) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                Multiply<P>(hidden, pieces[index], PairWeight.Current(experts.Down[pieces[index].Expert], false), outputs, false);
            }
        }
    }

    /// <summary>g = dy Down for the rows and columns of a piece.</summary>
    private readonly struct PairDownInputJob<P>(ExpertPieces pieces, ExpertWeights experts, PairRows dOutputs, Tensor g) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                Multiply<P>(dOutputs, pieces[index], PairWeight.Current(experts.Down[pieces[index].Expert], true), g, false);
            }
        }
    }

    /// <summary>parts = dgate Gate + dup Up for the rows and columns of a piece.</summary>
    private readonly struct PairInputJob<P>(ExpertPieces pieces, ExpertWeights experts, PairRows gates, PairRows ups, Tensor parts) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                Multiply<P>(gates, piece, PairWeight.Current(experts.Gate[piece.Expert], true), parts, false);
                Multiply<P>(ups, piece, PairWeight.Current(experts.Up[piece.Expert], true), parts, true);
            }
        }
    }

    /// <summary>Gradients of one matrix of one expert: items 3b, 3b + 1, 3b + 2 are gate, up and down of the busy expert b.</summary>
    private readonly struct PairWeightJob<P>(
        ExpertGroups groups, ExpertWeights experts, PairRows dOutputs, PairRows inputs, PairRows gates, PairRows ups, PairRows hidden) : IRangeJob
        where P : struct, IPairKernels
    {
        private const int BlockRows = 256;

        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int e = groups.Busy[i / 3];
                (Weight weight, PairRows left, PairRows right) = (i % 3) switch
                {
                    0 => (experts.Gate[e], gates, inputs),
                    1 => (experts.Up[e], ups, inputs),
                    _ => (experts.Down[e], dOutputs, hidden),
                };
                if (weight.Gradient is { } gradient)
                {
                    int rows = groups.Rows(e);
                    PairPanels a = Interleave(left, e, rows, (byte*)ThreadScratch.Left(PairPanels.Size(left.Columns, rows) / sizeof(float)));
                    PairPanels b = Interleave(right, e, rows, (byte*)ThreadScratch.Panels(PairPanels.Size(right.Columns, rows) / sizeof(float)));
                    for (int row = 0; row < gradient.Rows; row += BlockRows)
                    {
                        int end = Math.Min(row + BlockRows, gradient.Rows);
                        PairProduct.Add<P>(a, 0, row, end, b, 0, 0, gradient.Columns, gradient.Row(row), gradient.Stride);
                    }
                }
            }
        }

        private PairPanels Interleave(PairRows source, int expert, int rows, byte* memory)
        {
            PairPanels panels = new(memory, source.Columns, rows);
            panels.Interleave<P>(source.At(groups.Start[expert]), source.Stride, rows, 0, 0);
            return panels;
        }
    }
}
