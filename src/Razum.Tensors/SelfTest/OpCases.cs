using Razum.Tensors.Kernels;

namespace Razum.Tensors.SelfTest;

/// <summary>All cases. Every operation of <see cref="Ops"/> and every kernel must have at least one: a test asserts it by reflection.</summary>
internal static unsafe class OpCases
{
    private static readonly int[] s_ids = [3, 0, 6, 3, 5];
    private static readonly int[] s_rows = [5, 0, 3];
    private static readonly int[] s_positions = [0, 1, 2, 9, 40];
    private static readonly Segment[] s_segments = [new Segment(0, 5), new Segment(5, 1), new Segment(6, 7)];
    private static readonly RouterShape s_experts = new(6, 2, RouterScore.Sigmoid, 1, 1, GroupScore.Max, true, 1.4f);
    private static readonly int[][] s_sets = [[1, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22], [0], [], [0, 3], [2, 4, 5, 6, 21]];
    private static readonly int[] s_given = [0, 3, 1, 2, 6, 7, 0, 1, 0, 7, 2, 5, 3, 4, 1, 6, 4, 5];
    private static readonly float[] s_rowWeights = [0.5f, 0, 1.5f, 1, 0.25f];
    private static readonly Arena s_constants = new();

    public static IReadOnlyList<OpCase> All { get; } =
    [
        new("Embedding", [], [(7, 19)], (ops, _, w) => ops.Embedding(w[0], s_ids), (arena, _, w) => Make(arena, 5, 19, y =>
        {
            fixed (int* ids = s_ids)
            {
                Embedding.Reference(w[0], ids, y);
            }
        })),
        new("RmsNorm", [(70, 21)], [(1, 21)], (ops, x, w) => ops.RmsNorm(x[0], w[0], 1e-5f), (arena, x, w) =>
            Make(arena, 70, 21, y => RmsNorm.Reference(x[0], w[0].Floats, 1e-5f, y))),
        new("LayerNorm", [(70, 21)], [(1, 21), (1, 21)], (ops, x, w) => ops.LayerNorm(x[0], w[0], w[1], 1e-5f), (arena, x, w) =>
            Make(arena, 70, 21, y => LayerNorm.Reference(x[0], w[0].Floats, w[1].Floats, 1e-5f, y))),
        new("Linear", [(9, 37)], [(43, 37), (1, 43)], (ops, x, w) => ops.Linear(x[0], w[0], w[1]), (arena, x, w) =>
            Make(arena, 9, 43, y => Linear.Reference(x[0], w[0], w[1], y))),
        new("Linear", [(5, 40)], [(33, 18)], (ops, x, w) => ops.Linear(x[0].Slice(3, 18), w[0]), (arena, x, w) =>
            Make(arena, 5, 33, y => Linear.Reference(x[0].Slice(3, 18), w[0], null, y))) { Variant = "columns of a wider tensor" },
        new("HeadLinear", [(6, 3 * 5)], [(3 * 12, 11)], (ops, x, w) => ops.HeadLinear(x[0], w[0], new HeadRows(12, 2, 5), 3, true), (arena, x, w) =>
            Make(arena, 6, 33, y => HeadLinear.Reference(x[0], w[0], new HeadRows(12, 2, 5), 3, true, y))) { Variant = "transposed" },
        new("HeadLinear", [(6, 3 * 11)], [(3 * 12, 11)], (ops, x, w) => ops.HeadLinear(x[0], w[0], new HeadRows(12, 7, 5), 3, false), (arena, x, w) =>
            Make(arena, 6, 15, y => HeadLinear.Reference(x[0], w[0], new HeadRows(12, 7, 5), 3, false, y))),
        .. Rope(RopeLayout.Half), .. Rope(RopeLayout.Interleaved),
        AttentionCase("grouped queries", new AttentionShape(4, 2, 10, 10, 0.3f)),
        AttentionCase("window of 3", new AttentionShape(2, 1, 8, 8, 0.4f, 3)),
        AttentionCase("values narrower than keys", new AttentionShape(2, 2, 12, 7, 0.3f)),
        new("Attention", [(13, 3 * 14), (13, 14)], [], (ops, x, _) =>
            ops.Attention(x[0], x[1], x[1].Slice(0, 9), new AttentionShape(3, 1, 14, 9, 0.3f), s_segments, 0), (arena, x, _) => Make(arena, 13, 27, y =>
            AttentionReference(x[0], x[1], x[1].Slice(0, 9), new AttentionShape(3, 1, 14, 9, 0.3f), y))) { Variant = "values are columns of the keys" },
        SparseAttentionCase("all numbers", new AttentionShape(3, 1, 12, 8, 0.3f), new IndexShape(6, 5, 3)),
        SparseAttentionCase("whole vectors", new AttentionShape(20, 1, 48, 32, 0.1f), new IndexShape(4, 16, 2)),
        SparseAttentionCase("all keys", new AttentionShape(2, 1, 7, 7, 0.3f), new IndexShape(1, 3, 7)),
        ChosenKeysCase(),
        new("Recall", [(13, 6)], [], (ops, x, _) => ops.Scale(ops.Recall(x[0], s_segments, 0), 1), (_, x, _) => x[0]) { Kernel = nameof(Copy) },
        new("JoinHeads", [(4, 3 * 7), (4, 5)], [], (ops, x, _) =>
            ops.JoinHeads(new HeadColumns(x[0], 7, 2, 4), new HeadColumns(x[1], 0, 1, 3), 3), (arena, x, _) => Make(arena, 4, 21, y =>
        {
            Copy.Reference(new HeadColumns(x[0], 7, 2, 4), new HeadColumns(y, 7, 0, 4), 3, null);
            Copy.Reference(new HeadColumns(x[1], 0, 1, 3), new HeadColumns(y, 7, 4, 3), 3, null);
        })) { Kernel = nameof(Copy) },
        new("SwiGlu", [(5, 37), (5, 37)], [], (ops, x, _) => ops.SwiGlu(x[0], x[1]), (arena, x, _) =>
            Make(arena, 5, 37, y => SwiGlu.Reference(x[0], x[1], y))),
        RouteCase("softmax", new RouterShape(8, 3, RouterScore.Softmax, 1, 1, GroupScore.Max, false, 1.5f)),
        RouteCase("softmax, normalised", new RouterShape(8, 3, RouterScore.Softmax, 1, 1, GroupScore.Max, true, 1)),
        RouteCase("softmax, groups", new RouterShape(8, 2, RouterScore.Softmax, 4, 2, GroupScore.Max, false, 16)),
        RouteCase("sigmoid, groups, bias", new RouterShape(8, 3, RouterScore.Sigmoid, 4, 2, GroupScore.TopTwoSum, true, 2.5f)) with { Seed = 19 },
        GivenRouteCase("softmax, given", new RouterShape(8, 2, RouterScore.Softmax, 4, 2, GroupScore.Max, false, 16)),
        GivenRouteCase("sigmoid, given", new RouterShape(8, 2, RouterScore.Sigmoid, 1, 1, GroupScore.Max, true, 2.5f)),
        new("Experts", [(9, 10), (9, 6)], [.. Enumerable.Repeat((7, 10), 12), .. Enumerable.Repeat((10, 7), 6)], (ops, x, w) =>
            ops.Experts(x[0], ops.Route(x[1], s_experts, null), ExpertsOf(w)), (arena, x, w) => Make(arena, 9, 10, y =>
        {
            (int[] ids, Tensor weights) = Chosen(arena, x[1], s_experts);
            fixed (int* p = ids)
            {
                Experts.Reference(x[0], new Routing(p, weights, 6), ExpertsOf(w), y);
            }
        })),
        new("CrossEntropy", [(5, 12)], [(23, 12)], (ops, x, w) => ops.CrossEntropy(x[0], w[0], s_ids, s_rowWeights), (arena, x, w) => Make(arena, 1, 1, y =>
            *y.Data = -Enumerable.Range(0, 5).Sum(t => s_rowWeights[t] * LogProbabilitiesOf(arena, x[0], w[0])[t][0]))) { Kernel = nameof(LogProbabilities) },
        new("LogProbabilities", [(5, 12)], [(23, 12)], (ops, x, w) => ops.LogProbabilities(x[0], w[0], s_ids), (arena, x, w) =>
            LogProbabilitiesOf(arena, x[0], w[0])),
        new("LogProbabilities", [(5, 12)], [(23, 12)], (ops, x, w) => ops.LogProbabilities(x[0], w[0], s_ids, 0.7f, entropy: true), (arena, x, w) =>
            LogProbabilitiesOf(arena, x[0], w[0], 0.7f, 2)) { Variant = "temperature, entropy" },
        new("LogProbabilities", [(5, 12)], [(23, 12)], (ops, x, w) => ops.LogProbabilities(x[0], w[0], s_ids, 0.7f, entropy: true, Sets()), (arena, x, w) =>
            LogProbabilitiesOf(arena, x[0], w[0], 0.7f, 2, s_sets)) { Variant = "temperature, entropy, sets of tokens" },
        new("HeadLoss", [(5, 12)], [(23, 12)], (ops, x, w) => ops.HeadLoss(x[0], w[0], new SmoothedTarget(s_ids), s_rowWeights), (arena, x, w) =>
            Make(arena, 1, 1, y => *y.Data = (float)HeadLoss.Reference(x[0], w[0], new SmoothedTarget(s_ids), s_rowWeights))),
        new("Add", [(5, 37), (5, 37)], [], (ops, x, _) => ops.Add(x[0], x[1]), (arena, x, _) => Make(arena, 5, 37, y =>
            Elementwise.Reference(x[0], x[1], y))) { Kernel = nameof(Elementwise) },
        new("Scale", [(5, 37)], [], (ops, x, _) => ops.Scale(x[0], 0.7f), (arena, x, _) => Make(arena, 5, 37, y =>
        {
            for (int i = 0; i < 5 * 37; i++)
            {
                y.Data[i] = 0.7f * x[0].Data[i];
            }
        })) { Kernel = nameof(Elementwise) },
        new("SigmoidGate", [(5, 37), (5, 1)], [], (ops, x, _) => ops.SigmoidGate(x[0], x[1]), (arena, x, _) =>
            Make(arena, 5, 37, y => SigmoidGate.Reference(x[0], x[1], y))),
        new("Concat", [(5, 3), (5, 7)], [], (ops, x, _) => ops.Concat(x[0], x[1]), (arena, x, _) => Make(arena, 5, 10, y =>
        {
            Copy.Reference(new HeadColumns(x[0], 0, 0, 3), new HeadColumns(y, 0, 0, 3), 1, null);
            Copy.Reference(new HeadColumns(x[1], 0, 0, 7), new HeadColumns(y, 0, 3, 7), 1, null);
        })) { Kernel = nameof(Copy) },
        new("Gather", [(7, 6)], [], (ops, x, _) => ops.Gather(x[0], s_ids), (arena, x, _) => Make(arena, 5, 6, y =>
        {
            fixed (int* rows = s_ids)
            {
                Copy.Reference(new HeadColumns(x[0], 0, 0, 6), new HeadColumns(y, 0, 0, 6), 1, rows);
            }
        })) { Kernel = nameof(Copy) },
        new("AddRows", [(7, 6), (3, 6)], [], (ops, x, _) => ops.AddRows(ops.Scale(x[0], 1), s_rows, x[1]), (arena, x, _) => Make(arena, 7, 6, y =>
        {
            for (int t = 0; t < 7; t++)
            {
                x[0][t].CopyTo(y[t]);
            }

            for (int i = 0; i < s_rows.Length; i++)
            {
                Elementwise.Reference(x[0].SliceRows(s_rows[i], 1), x[1].SliceRows(i, 1), y.SliceRows(s_rows[i], 1));
            }
        })) { Kernel = nameof(Copy) },
        new("Recompute", [(5, 12)], [(12, 12)], (ops, x, w) =>
            ops.Recompute(x[0], (inner, input) => inner.Add(input, inner.Linear(input, w[0]))), (arena, x, w) => Make(arena, 5, 12, y =>
            {
                Linear.Reference(x[0], w[0], null, y);
                Elementwise.Reference(x[0], y, y);
            })) { Kernel = nameof(Linear) },
        new("SequenceBalance", [(13, 6)], [], (ops, x, _) => Balance((CpuOps)ops, x[0]), (arena, x, _) => Make(arena, 1, 1, y =>
            *y.Data = BalanceReference(x[0]))) { Gradients = false, Variant = "value" },
        .. Wide(),
    ];

    /// <summary>Rows of 256 values: whole blocks of every format, and enough work for the kernels of many rows.</summary>
    private static OpCase[] Wide() =>
    [
        new("Embedding", [], [(7, 256)], (ops, _, w) => ops.Embedding(w[0], s_ids), (arena, _, w) => Make(arena, 5, 256, y =>
        {
            fixed (int* ids = s_ids)
            {
                Embedding.Reference(w[0], ids, y);
            }
        })) { Variant = "rows of 256", Gradients = false },
        WideLinear("rows of 256", 3, 256, 5) with { Gradients = true },
        WideLinear("one row of 256", 1, 256, 70),
        WideLinear("many rows of 512", 70, 512, 130),
        WideHeadLinear(false), WideHeadLinear(true),
        new("Experts", [(9, 256), (9, 6)], [.. Enumerable.Repeat((256, 256), 18)], (ops, x, w) =>
            ops.Experts(x[0], ops.Route(x[1], s_experts, null), ExpertsOf(w)), (arena, x, w) => Make(arena, 9, 256, y =>
        {
            (int[] ids, Tensor weights) = Chosen(arena, x[1], s_experts);
            fixed (int* p = ids)
            {
                Experts.Reference(x[0], new Routing(p, weights, 6), ExpertsOf(w), y);
            }
        })) { Variant = "rows of 256", Gradients = false },
        new("LogProbabilities", [(5, 256)], [(23, 256)], (ops, x, w) => ops.LogProbabilities(x[0], w[0], s_ids), (arena, x, w) =>
            LogProbabilitiesOf(arena, x[0], w[0])) { Variant = "rows of 256", Gradients = false },
        new("HeadLoss", [(5, 256)], [(23, 256)], (ops, x, w) => ops.HeadLoss(x[0], w[0], new SmoothedTarget(s_ids), s_rowWeights), (arena, x, w) =>
            Make(arena, 1, 1, y => *y.Data = (float)HeadLoss.Reference(x[0], w[0], new SmoothedTarget(s_ids), s_rowWeights)))
        { Variant = "rows of 256", Gradients = false },
    ];

    private static OpCase WideLinear(string variant, int rows, int inputs, int outputs) =>
        new("Linear", [(rows, inputs)], [(outputs, inputs)], (ops, x, w) => ops.Linear(x[0], w[0]), (arena, x, w) =>
            Make(arena, rows, outputs, y => Linear.Reference(x[0], w[0], null, y)))
        {
            Variant = variant,
            Gradients = false,
        };

    private static OpCase WideHeadLinear(bool transposed) =>
        new("HeadLinear", [(6, 3 * (transposed ? 32 : 256))], [(3 * 64, 256)], (ops, x, w) =>
            ops.HeadLinear(x[0], w[0], new HeadRows(64, 16, 32), 3, transposed), (arena, x, w) => Make(arena, 6, 3 * (transposed ? 256 : 32), y =>
            HeadLinear.Reference(x[0], w[0], new HeadRows(64, 16, 32), 3, transposed, y)))
        {
            Variant = transposed ? "rows of 256, transposed" : "rows of 256",
            Gradients = false,
        };

    /// <summary>The value of the balance loss, which is only shown.</summary>
    private static Tensor Balance(CpuOps ops, Tensor logits)
    {
        Tensor shown = default;
        ops.TensorObserver = (_, value) => shown = value;
        ops.SequenceBalance(logits, s_experts, s_segments, 1, "balance");
        ops.TensorObserver = null;
        return shown;
    }

    private static float BalanceReference(Tensor logits)
    {
        int[] bounds = [.. s_segments.SelectMany(s => (int[])[s.Start, s.Count])];
        float[] losses = new float[s_segments.Length];
        fixed (int* b = bounds)
        fixed (float* l = losses)
        {
            SequenceBalance.Reference(logits, s_experts, null, b, losses.Length, l);
        }

        return losses.Average();
    }

    private static IEnumerable<OpCase> Rope(RopeLayout layout)
    {
        var table = new RopeTable(6, 100, layout, null);
        yield return new OpCase("Rope", [(5, 2 * 11)], [], (ops, x, _) => ops.Rope(ops.Scale(x[0], 1), table, s_positions, 11, 3), (arena, x, _) =>
            Make(arena, 5, 22, y =>
            {
                Elementwise.Reference(x[0], arena.AllocateZeroed(5, 22), y);
                Kernels.Rope.Reference(y, table, s_positions, 11, 3);
            }))
        {
            Variant = layout.ToString(),
        };
    }

    private static OpCase AttentionCase(string variant, AttentionShape shape) =>
        new("Attention", [(13, shape.Heads * shape.KeyDim), (13, shape.KvHeads * shape.KeyDim), (13, shape.KvHeads * shape.ValueDim)], [], (ops, x, _) =>
            ops.Attention(x[0], x[1], x[2], shape, s_segments, 0), (arena, x, _) => Make(arena, 13, shape.Heads * shape.ValueDim, y =>
            AttentionReference(x[0], x[1], x[2], shape, y)))
        {
            Variant = variant,
        };

    private static OpCase SparseAttentionCase(string variant, AttentionShape shape, IndexShape index) =>
        new(
            "SparseAttention",
            [(13, shape.Heads * shape.KeyDim), (13, shape.KeyDim + index.Dim), (13, index.Heads * index.Dim), (13, index.Heads)],
            [],
            (ops, x, _) => ops.SparseAttention(x[0], x[1], x[2], x[3], shape, index, s_segments, 0, "indexer"),
            (arena, x, _) => Make(arena, 13, shape.Heads * shape.ValueDim, y =>
                SparseAttention.Reference(x[0], x[1], x[2], x[3], shape, index, s_segments, 0, y)))
        {
            Variant = variant,
            Gradients = false,
        };

    /// <summary>Gradients of queries and keys. What the indexer sees does not vary here: a step of the difference must not change its choice.</summary>
    private static OpCase ChosenKeysCase()
    {
        var shape = new AttentionShape(5, 1, 12, 9, 0.3f);
        var index = new IndexShape(2, 5, 3);
        (Tensor keys, Tensor queries, Tensor weights) = (Constant(5, 1), Constant(2 * 5, 2), Constant(2, 3));
        return new OpCase("SparseAttention", [(13, shape.Heads * shape.KeyDim), (13, shape.KeyDim)], [], (ops, x, _) =>
            ops.SparseAttention(x[0], ops.Concat(x[1], keys), queries, weights, shape, index, s_segments, 0, "indexer"), (arena, x, _) =>
            Make(arena, 13, shape.Heads * shape.ValueDim, y =>
            {
                Tensor rows = arena.Allocate(13, shape.KeyDim + index.Dim);
                Copy.Reference(new HeadColumns(x[1], 0, 0, shape.KeyDim), new HeadColumns(rows, 0, 0, shape.KeyDim), 1, null);
                Copy.Reference(new HeadColumns(keys, 0, 0, index.Dim), new HeadColumns(rows, 0, shape.KeyDim, index.Dim), 1, null);
                SparseAttention.Reference(x[0], rows, queries, weights, shape, index, s_segments, 0, y);
            }))
        {
            Variant = "gradients through chosen keys",
        };
    }

    private static Tensor Constant(int columns, int seed)
    {
        Tensor values = s_constants.Allocate(13, columns);
        var random = new Random(seed);
        for (int i = 0; i < 13 * columns; i++)
        {
            values.Data[i] = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    private static OpCase RouteCase(string variant, RouterShape shape) =>
        new("Route", [(9, 8)], [], (ops, x, _) => ops.Route(x[0], shape, null).Weights, (arena, x, _) => Chosen(arena, x[0], shape).Weights)
        {
            Variant = variant,
            Kernel = nameof(Router),
        };

    private static OpCase GivenRouteCase(string variant, RouterShape shape) =>
        new("Route", [(9, 8)], [], (ops, x, _) => ops.Route(x[0], shape, null, s_given).Weights, (arena, x, _) => Chosen(arena, x[0], shape, s_given).Weights)
        {
            Variant = variant,
            Kernel = nameof(Router),
        };

    private static TokenSets Sets() =>
        new((int[])[.. s_sets.SelectMany(s => s)], (int[])[.. s_sets.Select((_, i) => s_sets.Take(i + 1).Sum(s => s.Length))]);

    private static ExpertWeights ExpertsOf(Weight[] w) => new(w[..6], w[6..12], w[12..]);

    private static (int[] Ids, Tensor Weights) Chosen(Arena arena, Tensor logits, RouterShape shape, int[]? given = null)
    {
        int[] ids = new int[logits.Rows * shape.TopK];
        Tensor weights = arena.Allocate(logits.Rows, shape.TopK);
        fixed (int* p = ids)
        {
            Router.Reference(logits, shape, null, p, weights, given);
        }

        return (ids, weights);
    }

    private static Tensor LogProbabilitiesOf(Arena arena, Tensor hidden, Weight head, float temperature = 1, int columns = 1, int[][]? sets = null) =>
        Make(arena, 5, columns, y =>
        {
            fixed (int* targets = s_ids)
            {
                LogProbabilities.Reference(hidden, head, targets, temperature, y, sets);
            }
        });

    private static void AttentionReference(Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor y)
    {
        double[] values = new double[y.Rows * y.Columns];
        Attention.Reference(q, k, v, shape, s_segments, 0, values, new double[y.Rows * shape.Heads]);
        for (int i = 0; i < values.Length; i++)
        {
            y.Data[i] = (float)values[i];
        }
    }

    private static Tensor Make(Arena arena, int rows, int columns, Action<Tensor> fill)
    {
        Tensor y = arena.Allocate(rows, columns);
        fill(y);
        return y;
    }
}
