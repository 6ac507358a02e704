using Razum.Tensors.Kernels;

namespace Razum.Tensors.Autograd;

/// <summary>
/// Computes like <see cref="CpuOps"/> and remembers what it did, so that <see cref="Backward"/> can add the gradient of a loss to
/// <see cref="Weight.Gradient"/> of every weight that has one. Gradients of activations live in the arena, one buffer per result; views share it.
/// In-place rotation is recorded too: its backward rotates the gradient back, in place. So is what is added to rows in place. Resetting: <see cref="Clear"/>, then the arena.
/// </summary>
public sealed unsafe class Tape(CpuOps ops) : Ops
{
    private readonly List<(Tensor Value, Tensor Gradient)> _nodes = ops.Arithmetic == Arithmetic.FP8
        ? throw new ArgumentException("FP8 arithmetic is for inference: nothing can be trained in it", nameof(ops))
        : [default];

    private List<Action> _records = [];
    private bool _replaying;

    private Arena Arena => ops.Arena;

    private KernelTable Kernels => ops.Kernels;

    /// <summary>Forgets everything recorded.</summary>
    public void Clear()
    {
        _records.Clear();
        _nodes.RemoveRange(1, _nodes.Count - 1);
    }

    /// <summary>Adds d(loss)/d(weight) to the gradient of every weight that has one. <paramref name="loss"/> is [1, 1].</summary>
    public void Backward(Tensor loss)
    {
        _ = loss.Value;
        Backward(loss, [1]);
    }

    /// <summary>
    /// The same for sum(gradient * y), y of any shape, gradient row by row: what a loss computed outside the tape (a policy gradient over
    /// log-probabilities) hands back.
    /// </summary>
    public void Backward(Tensor y, ReadOnlySpan<float> gradient)
    {
        if (y.Node == 0)
        {
            throw new InvalidOperationException("the loss does not depend on any weight with a gradient");
        }

        if (gradient.Length != y.Rows * y.Columns)
        {
            throw new ArgumentException($"{gradient.Length} gradients for [{y.Rows}, {y.Columns}]", nameof(gradient));
        }

        Tensor dy = Gradient(y);
        for (int t = 0; t < y.Rows; t++)
        {
            for (int c = 0; c < y.Columns; c++)
            {
                dy[t][c] += gradient[(t * y.Columns) + c];
            }
        }

        Play(_records);
        _records.Clear();
    }

    public override Tensor Embedding(Weight table, ReadOnlySpan<int> ids)
    {
        Tensor y = ops.Embedding(table, ids);
        if (table.Gradient is not { } dtable)
        {
            return y;
        }

        int* kept = ops.CopyIds(ids, table.Rows);
        return Record(y, dy => Kernels.EmbeddingBackward(dy, kept, dtable));
    }

    public override Tensor RmsNorm(Tensor x, Weight gain, float eps)
    {
        Tensor y = ops.RmsNorm(x, gain, eps);
        if (x.Node == 0 && gain.Gradient is null)
        {
            return y;
        }

        return Record(y, dy => Kernels.RmsNormBackward(Arena, dy, x, gain.Floats, eps, GradientOrNone(x), gain.Gradient is { } dgain ? dgain.Data : null));
    }

    public override Tensor LayerNorm(Tensor x, Weight gain, Weight bias, float eps)
    {
        Tensor y = ops.LayerNorm(x, gain, bias, eps);
        if (x.Node == 0 && gain.Gradient is null && bias.Gradient is null)
        {
            return y;
        }

        return Record(y, dy => Kernels.LayerNormBackward(
            Arena, dy, x, gain.Floats, eps, GradientOrNone(x), gain.Gradient is { } dgain ? dgain.Data : null, bias.Gradient is { } dbias ? dbias.Data : null));
    }

    public override Tensor Linear(Tensor x, Weight weight, Weight? bias = null)
    {
        Tensor y = ops.Linear(x, weight, bias);
        if (x.Node == 0 && weight.Gradient is null && bias?.Gradient is null)
        {
            return y;
        }

        return Record(y, dy =>
        {
            if (bias?.Gradient is { } db)
            {
                Kernels.LinearBackwardBias(dy, db);
            }

            bool fresh = false;
            Tensor dx = x.Node == 0 ? default : Gradient(x, out fresh);
            Kernels.LinearBackward(dy, x, weight, dx, accumulate: !fresh, weight.Gradient ?? default);
        });
    }

    public override Tensor HeadLinear(Tensor x, Weight weight, HeadRows slice, int heads, bool transposed)
    {
        Tensor y = ops.HeadLinear(x, weight, slice, heads, transposed);
        if (x.Node == 0 && weight.Gradient is null)
        {
            return y;
        }

        return Record(y, dy =>
        {
            if (weight.Gradient is { } dw)
            {
                Kernels.HeadLinearBackwardWeight(dy, x, slice, heads, transposed, dw);
            }

            if (x.Node != 0)
            {
                Kernels.HeadLinearBackwardInput(dy, weight, slice, heads, transposed, Gradient(x), accumulate: true);
            }
        });
    }

    public override Tensor Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
    {
        ops.Rope(x, table, positions, headDim, offset);
        if (x.Node != 0)
        {
            int[] kept = positions.ToArray();
            _records.Add(() => Kernels.RopeBackward(Gradient(x), table, kept, headDim, offset));
        }

        return x;
    }

    public override Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer)
    {
        Segment[] kept = WithoutCaches(segments);
        Tensor y = Arena.Allocate(q.Rows, shape.Heads * shape.ValueDim);
        Tensor logSumExp = Arena.Allocate(q.Rows, shape.Heads);
        Kernels.Attention(q, k, v, shape, segments, layer, y, logSumExp);
        if (q.Node == 0 && k.Node == 0 && v.Node == 0)
        {
            return y;
        }

        return Record(y, dy => Kernels.AttentionBackward(
            Arena, dy, q, k, v, y, logSumExp, shape, kept, GradientOrScratch(q), GradientOrScratch(k), GradientOrScratch(v)));
    }

    public override Tensor SparseAttention(
        Tensor q,
        Tensor rows,
        Tensor indexQueries,
        Tensor indexWeights,
        AttentionShape shape,
        IndexShape index,
        ReadOnlySpan<Segment> segments,
        int layer,
        string name)
    {
        Segment[] kept = WithoutCaches(segments);
        Tensor y = Arena.Allocate(q.Rows, shape.Heads * shape.ValueDim);
        Tensor logSumExp = Arena.Allocate(q.Rows, shape.Heads);
        SelectedKeys selected = SelectedKeys.Allocate(Arena, q.Rows, segments, index);
        Kernels.SparseAttention(Arena, q, rows, indexQueries, indexWeights, shape, index, segments, layer, selected, y, logSumExp);
        if (!_replaying)
        {
            ops.Show(name, selected);
        }

        if (q.Node == 0 && rows.Node == 0)
        {
            return y;
        }

        return Record(y, dy => Kernels.SparseAttentionBackward(
            Arena, dy, q, rows, shape, kept, selected, y, logSumExp, GradientOrScratch(q), GradientOrScratch(rows)));
    }

    public override Tensor Recall(Tensor rows, ReadOnlySpan<Segment> segments, int layer)
    {
        WithoutCaches(segments);
        return rows;
    }

    public override Tensor JoinHeads(HeadColumns a, HeadColumns b, int heads)
    {
        Tensor y = ops.JoinHeads(a, b, heads);
        if (a.Source.Node == 0 && b.Source.Node == 0)
        {
            return y;
        }

        int width = a.Count + b.Count;
        return Record(y, dy =>
        {
            AddHeads(dy, 0, a);
            AddHeads(dy, a.Count, b);
        });

        void AddHeads(Tensor dy, int from, HeadColumns part)
        {
            if (part.Count > 0 && part.Source.Node != 0)
            {
                Copy.Backward(ops.Pool, new HeadColumns(dy, width, from, part.Count), part with { Source = Gradient(part.Source) }, heads, null);
            }
        }
    }

    public override Tensor SwiGlu(Tensor gate, Tensor up)
    {
        Tensor y = ops.SwiGlu(gate, up);
        return gate.Node == 0 && up.Node == 0
            ? y
            : Record(y, dy => Kernels.SwiGluBackward(dy, gate, up, GradientOrScratch(gate), GradientOrScratch(up)));
    }

    public override Routing Route(Tensor logits, RouterShape shape, Weight? bias, ReadOnlySpan<int> given = default)
    {
        Routing routing = ops.Route(logits, shape, bias, given);
        if (logits.Node == 0)
        {
            return routing;
        }

        Tensor weights = Record(routing.Weights, dw => Router.Backward(ops.Pool, dw, logits, shape, routing.Ids, Gradient(logits)));
        return new Routing(routing.Ids, routing.ChosenIds, weights, routing.Experts);
    }

    public override Tensor Experts(Tensor x, Routing routing, ExpertWeights experts)
    {
        Tensor y = Arena.Allocate(x.Rows, x.Columns);
        Kernels.Experts(Arena, x, routing, experts, y, out ExpertActivations saved);
        return Record(y, dy => Kernels.ExpertsBackward(
            Arena, dy, x, routing, experts, saved, GradientOrScratch(x), GradientOrScratch(routing.Weights)));
    }

    public override Tensor SequenceBalance(
        Tensor logits, RouterShape shape, ReadOnlySpan<Segment> segments, float alpha, string name, Weight? bias = null)
    {
        if (!_replaying)
        {
            ops.SequenceBalance(logits, shape, segments, alpha, name, bias);
        }

        if (logits.Node != 0)
        {
            int* bounds = ops.CopyBounds(segments);
            int count = segments.Length;
            _records.Add(() => Tensors.Kernels.SequenceBalance.Backward(
                ops.Pool, logits, shape, CpuOps.Floats(bias), bounds, count, alpha / count, Gradient(logits)));
        }

        return logits;
    }

    public override Tensor CrossEntropy(Tensor hidden, Weight head, ReadOnlySpan<int> targets, ReadOnlySpan<float> rowWeights)
    {
        TargetRows rows = TargetRows.Of(Arena, hidden, head, targets, rowWeights);
        Tensor y = ops.CrossEntropy(hidden, head, rows);
        return Record(y, dy =>
        {
            Tensor coefficients = Arena.Allocate(rows.Count, 1);
            for (int i = 0; i < rows.Count; i++)
            {
                coefficients.Data[i] = -dy.Value * rows.Weights[i];
            }

            BackwardRows(hidden, head, rows, 1, coefficients);
        });
    }

    public override Tensor LogProbabilities(
        Tensor hidden, Weight head, ReadOnlySpan<int> targets, float temperature = 1, bool entropy = false, TokenSets sets = default)
    {
        TargetRows rows = TargetRows.Of(Arena, hidden, head, targets, default, sets);
        Tensor y = ops.LogProbabilities(hidden, head, rows, temperature, entropy);
        return Record(y, dy => BackwardRows(hidden, head, rows, temperature, dy));
    }

    public override Tensor HeadLoss(Tensor hidden, Weight head, LogitLoss loss, ReadOnlySpan<float> rowWeights)
    {
        TargetRows rows = TargetRows.Of(Arena, hidden, head, default, rowWeights);
        Tensor y = ops.HeadLoss(hidden, head, loss, rows);
        return Record(y, dy => Tensors.Kernels.HeadLoss.Backward(
            Kernels, Arena, hidden, head, loss, rows, dy.Value, GradientOrNone(hidden), head.Gradient ?? default));
    }

    public override Tensor Add(Tensor a, Tensor b)
    {
        Tensor y = ops.Add(a, b);
        return a.Node == 0 && b.Node == 0 ? y : Record(y, dy =>
        {
            AddTo(a, dy, 1);
            AddTo(b, dy, 1);
        });
    }

    public override Tensor Scale(Tensor a, float scale)
    {
        Tensor y = ops.Scale(a, scale);
        return a.Node == 0 ? y : Record(y, dy => AddTo(a, dy, scale));
    }

    public override Tensor SigmoidGate(Tensor x, Tensor gate)
    {
        Tensor y = ops.SigmoidGate(x, gate);
        return x.Node == 0 && gate.Node == 0
            ? y
            : Record(y, dy => Tensors.Kernels.SigmoidGate.Backward(ops.Pool, dy, x, gate, GradientOrScratch(x), GradientOrScratch(gate)));
    }

    public override Tensor Concat(Tensor a, Tensor b) => JoinHeads(new HeadColumns(a, 0, 0, a.Columns), new HeadColumns(b, 0, 0, b.Columns), 1);

    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        Tensor y = ops.Gather(x, rows);
        if (x.Node == 0)
        {
            return y;
        }

        int* kept = ops.CopyIds(rows, x.Rows);
        return Record(y, dy => Copy.Backward(
            ops.Pool, new HeadColumns(dy, 0, 0, dy.Columns), new HeadColumns(Gradient(x), 0, 0, dy.Columns), 1, kept));
    }

    public override Tensor AddRows(Tensor y, ReadOnlySpan<int> rows, Tensor values)
    {
        ops.AddRows(y, rows, values);
        if (values.Node == 0)
        {
            return y;
        }

        int* kept = ops.CopyIds(rows, y.Rows);
        void Flow(Tensor dy)
        {
            Tensor dvalues = Gradient(values);
            Tensor taken = Arena.Allocate(dvalues.Rows, dvalues.Columns);
            Copy.Forward(ops.Pool, new HeadColumns(dy, 0, 0, dy.Columns), new HeadColumns(taken, 0, 0, dy.Columns), 1, kept);
            Kernels.AddScaled(taken, 1, dvalues);
        }

        if (y.Node == 0)
        {
            return Record(y, Flow);
        }

        _records.Add(() => Flow(Gradient(y)));
        return y;
    }

    /// <summary>Runs f now without recording, and again, recorded, when its gradient is needed. Memory of what f makes is given back at once.</summary>
    public override Tensor Recompute(Tensor x, Func<Ops, Tensor, Tensor> f)
    {
        Arena.Mark mark = Arena.Here();
        Tensor result = f(ops, x.WithNode(0));
        Arena.Release(mark);
        Tensor y = Arena.Allocate(result.Rows, result.Columns);
        for (int t = 0; t < result.Rows; t++)
        {
            result[t].CopyTo(y[t]);
        }

        return Record(y, dy =>
        {
            Tensor dx = GradientOrNone(x);
            List<Action> outer = _records;
            (_records, _replaying) = ([], true);
            int nodes = _nodes.Count;
            Arena.Mark inside = Arena.Here();
            Tensor again = Track(x);
            Tensor replay = f(this, again);
            Kernels.AddScaled(dy, 1, Gradient(replay));
            Play(_records);
            if (!dx.IsEmpty)
            {
                Kernels.AddScaled(Gradient(again), 1, dx);
            }

            Arena.Release(inside);
            _nodes.RemoveRange(nodes, _nodes.Count - nodes);
            (_records, _replaying) = (outer, false);
        });
    }

    public override void Observe(string name, Tensor value)
    {
        if (!_replaying)
        {
            ops.Observe(name, value);
        }
    }

    public override void Observe(string name, in Routing routing)
    {
        if (!_replaying)
        {
            ops.Observe(name, routing);
        }
    }

    /// <summary>The gradient of a tensor made through this tape, after <see cref="Backward"/>; empty if nothing reached it.</summary>
    public Tensor GradientOf(Tensor x) => x.Node == 0 || _nodes[x.Node].Gradient.IsEmpty ? default : View(x);

    /// <summary>Follows a tensor that was not made through this tape (an input whose gradient is wanted).</summary>
    public Tensor Track(Tensor x)
    {
        _nodes.Add((x, default));
        return x.WithNode(_nodes.Count - 1);
    }

    private static Segment[] WithoutCaches(ReadOnlySpan<Segment> segments)
    {
        Segment[] kept = segments.ToArray();
        return kept.Any(s => s.Cache is not null) ? throw new InvalidOperationException("gradients do not flow through a cache") : kept;
    }

    private static void Play(List<Action> records)
    {
        for (int i = records.Count - 1; i >= 0; i--)
        {
            records[i]();
        }
    }

    private Tensor Record(Tensor y, Action<Tensor> backward)
    {
        Tensor tracked = Track(y);
        _records.Add(() =>
        {
            if (!_nodes[tracked.Node].Gradient.IsEmpty)
            {
                backward(View(tracked));
            }
        });
        return tracked;
    }

    /// <summary>The gradient of x, made of zeros if it is the first to be asked for.</summary>
    private Tensor Gradient(Tensor x)
    {
        (Tensor value, Tensor gradient) = _nodes[x.Node];
        if (gradient.IsEmpty)
        {
            // The buffer repeats the layout of the value, gaps between strided rows included.
            _nodes[x.Node] = (value, Arena.AllocateZeroed(value.Rows, value.Stride));
        }

        return View(x);
    }

    /// <summary>The gradient of x; <paramref name="fresh"/> means that its values are still undefined and must be overwritten.</summary>
    private Tensor Gradient(Tensor x, out bool fresh)
    {
        (Tensor value, Tensor gradient) = _nodes[x.Node];
        fresh = gradient.IsEmpty && value.Data == x.Data && value.Rows == x.Rows && value.Columns == x.Columns && value.IsContiguous;
        if (!fresh)
        {
            return Gradient(x);
        }

        _nodes[x.Node] = (value, Arena.Allocate(value.Rows, value.Columns));
        return View(x);
    }

    private Tensor GradientOrNone(Tensor x) => x.Node == 0 ? default : Gradient(x);

    private Tensor GradientOrScratch(Tensor x) => x.Node == 0 ? Arena.AllocateZeroed(x.Rows, x.Columns) : Gradient(x);

    private Tensor View(Tensor x)
    {
        (Tensor value, Tensor gradient) = _nodes[x.Node];
        return new Tensor(gradient.Data + (x.Data - value.Data), x.Rows, x.Columns, x.Stride);
    }

    private void AddTo(Tensor x, Tensor dy, float factor)
    {
        if (x.Node != 0)
        {
            Kernels.AddScaled(dy, factor, Gradient(x));
        }
    }

    private void BackwardRows(Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor dy) =>
        Kernels.LogProbabilitiesBackward(Arena, hidden, head, rows, temperature, dy, GradientOrNone(hidden), head.Gradient ?? default);
}
