using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// Computes at once, on the processor. Results live in the <see cref="Arena"/> until the caller resets it, once per step; nothing managed is allocated.
/// One object serves one caller at a time.
/// </summary>
public sealed unsafe class CpuOps : Ops, IDisposable
{
    /// <param name="threads">Threads to compute with; 0 means one per processor.</param>
    /// <param name="set">Vector instructions; null means <see cref="InstructionSets.Default"/>.</param>
    /// <param name="arithmetic">What matrix products are computed in.</param>
    public CpuOps(int threads = 0, InstructionSet? set = null, Arithmetic arithmetic = Arithmetic.F32)
    {
        InstructionSet = set ?? InstructionSets.Default;
        Arithmetic = arithmetic;
        Pool = new WorkerPool(threads > 0 ? threads : Environment.ProcessorCount);
        Kernels = KernelTable.Create(InstructionSet, Pool, arithmetic);
    }

    public InstructionSet InstructionSet { get; }

    public Arithmetic Arithmetic { get; }

    /// <summary>Memory of the results.</summary>
    public Arena Arena { get; } = new();

    public WorkerPool Pool { get; }

    /// <summary>Listens to <see cref="Ops.Observe(string, Tensor)"/>; null for nobody.</summary>
    public Action<string, Tensor>? TensorObserver { get; set; }

    /// <summary>Listens to <see cref="Ops.Observe(string, in Routing)"/>; null for nobody.</summary>
    public Action<string, Routing>? RoutingObserver { get; set; }

    /// <summary>Listens to the inputs of all products with weights; null for nobody. Whoever listens changes no result.</summary>
    public InputObserver? InputObserver { get; set; }

    internal KernelTable Kernels { get; }

    public override Tensor Embedding(Weight table, ReadOnlySpan<int> ids)
    {
        Tensor y = Arena.Allocate(ids.Length, table.Columns);
        Kernels.Embedding(table, CopyIds(ids, table.Rows), y);
        return y;
    }

    public override Tensor RmsNorm(Tensor x, Weight gain, float eps)
    {
        Require(gain.Count == x.Columns, "RmsNorm: gain", gain.Name, x);
        Tensor y = Arena.Allocate(x.Rows, x.Columns);
        Kernels.RmsNorm(x, gain.Floats, eps, y);
        return y;
    }

    public override Tensor LayerNorm(Tensor x, Weight gain, Weight bias, float eps)
    {
        Require(gain.Count == x.Columns, "LayerNorm: gain", gain.Name, x);
        Require(bias.Count == x.Columns, "LayerNorm: bias", bias.Name, x);
        Tensor y = Arena.Allocate(x.Rows, x.Columns);
        Kernels.LayerNorm(x, gain.Floats, bias.Floats, eps, y);
        return y;
    }

    public override Tensor Linear(Tensor x, Weight weight, Weight? bias = null)
    {
        Require(weight.Columns == x.Columns, "Linear: inputs of", weight.Name, x);
        InputObserver?.Invoke(weight, x, transposed: false);
        Kernels.Activations.Expect(x, Arena);
        Tensor y = Arena.Allocate(x.Rows, weight.Rows);
        Kernels.Linear(x, weight, bias, y);
        Kernels.Activations.Remember(Arena);
        return y;
    }

    public override Tensor HeadLinear(Tensor x, Weight weight, HeadRows slice, int heads, bool transposed)
    {
        Require(x.Columns == heads * (transposed ? slice.Count : weight.Columns), "HeadLinear: heads of", weight.Name, x);
        InputObserver?.Invoke(weight, x, transposed);
        Tensor y = Arena.Allocate(x.Rows, heads * (transposed ? weight.Columns : slice.Count));
        Kernels.HeadLinear(x, weight, slice, heads, transposed, y);
        return y;
    }

    public override Tensor Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset)
    {
        Require(positions.Length == x.Rows, "Rope: positions", "table", x);
        Kernels.Activations.Forget();
        Kernels.Rope(x, table, positions, headDim, offset);

        return x;
    }

    public override Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer)
    {
        Tensor y = Arena.Allocate(q.Rows, shape.Heads * shape.ValueDim);
        Kernels.Attention(q, k, v, shape, segments, layer, y, default);
        return y;
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
        Tensor y = Arena.Allocate(q.Rows, shape.Heads * shape.ValueDim);
        Arena.Mark mark = Arena.Here();
        SelectedKeys selected = SelectedKeys.Allocate(Arena, q.Rows, segments, index);
        Kernels.SparseAttention(Arena, q, rows, indexQueries, indexWeights, shape, index, segments, layer, selected, y, default);
        if (TensorObserver is null)
        {
            Arena.Release(mark);
        }

        Show(name, selected);
        return y;
    }

    public override Tensor Recall(Tensor rows, ReadOnlySpan<Segment> segments, int layer)
    {
        int total = 0;
        foreach (Segment segment in segments)
        {
            total += segment.Past - (segment.Cache?.First ?? 0) + segment.Count;
        }

        Tensor y = Arena.Allocate(total, rows.Columns);
        int at = 0;
        foreach (Segment segment in segments)
        {
            Tensor fresh = rows.SliceRows(segment.Start, segment.Count);
            if (segment.Cache is { } cache)
            {
                cache.Append(layer, fresh, fresh.Slice(0, 0));
                KeyRun run = cache.Run(layer, segment.Past);
                for (int position = run.First; position < segment.Past; position++, at++)
                {
                    new ReadOnlySpan<float>(run.Keys(position), rows.Columns).CopyTo(y[at]);
                }
            }

            CopyRows(fresh, y.SliceRows(at, segment.Count));
            at += segment.Count;
        }

        return y;
    }

    public override Tensor JoinHeads(HeadColumns a, HeadColumns b, int heads)
    {
        Tensor y = Arena.Allocate(a.Source.Rows, heads * (a.Count + b.Count));
        int width = a.Count + b.Count;
        Copy.Forward(Pool, a, new HeadColumns(y, width, 0, a.Count), heads, null);
        if (b.Count > 0)
        {
            Copy.Forward(Pool, b, new HeadColumns(y, width, a.Count, b.Count), heads, null);
        }

        return y;
    }

    public override Tensor SwiGlu(Tensor gate, Tensor up)
    {
        Tensor y = Arena.Allocate(gate.Rows, gate.Columns);
        Kernels.SwiGlu(gate, up, y);
        return y;
    }

    public override Routing Route(Tensor logits, RouterShape shape, Weight? bias, ReadOnlySpan<int> given = default)
    {
        Require(shape.Experts == logits.Columns, "Route: experts", bias?.Name ?? "logits", logits);
        Tensor weights = Arena.Allocate(logits.Rows, shape.TopK);
        int* chosen = Arena.AllocateInts((long)logits.Rows * shape.TopK);
        int* ids = given.IsEmpty ? chosen : CopyExperts(given, logits.Rows, shape);
        Router.Forward(Pool, logits, shape, Floats(bias), ids, chosen, weights);
        return new Routing(ids, chosen, weights, shape.Experts);
    }

    public override Tensor Experts(Tensor x, Routing routing, ExpertWeights experts)
    {
        Tensor y = Arena.Allocate(x.Rows, x.Columns);
        Arena.Mark mark = Arena.Here();
        Kernels.Experts(Arena, x, routing, experts, y, out ExpertActivations saved);
        if (InputObserver is { } observer)
        {
            Show(observer, x, experts, saved);
        }

        Arena.Release(mark);
        return y;
    }

    public override Tensor SequenceBalance(
        Tensor logits, RouterShape shape, ReadOnlySpan<Segment> segments, float alpha, string name, Weight? bias = null)
    {
        if (TensorObserver is null)
        {
            return logits;
        }

        Tensor y = Arena.Allocate(1, 1);
        Tensor losses = Arena.Allocate(1, segments.Length);
        Razum.Tensors.Kernels.SequenceBalance.Forward(Pool, logits, shape, Floats(bias), CopyBounds(segments), segments.Length, losses.Data);

        double sum = 0;
        foreach (float loss in losses[0])
        {
            sum += loss;
        }

        *y.Data = (float)(alpha * sum / segments.Length);
        Observe(name, y);
        return logits;
    }

    public override Tensor CrossEntropy(Tensor hidden, Weight head, ReadOnlySpan<int> targets, ReadOnlySpan<float> rowWeights)
    {
        TargetRows rows = TargetRows.Of(Arena, hidden, head, targets, rowWeights);
        return CrossEntropy(hidden, head, rows);
    }

    public override Tensor LogProbabilities(
        Tensor hidden, Weight head, ReadOnlySpan<int> targets, float temperature = 1, bool entropy = false, TokenSets sets = default) =>
        LogProbabilities(hidden, head, TargetRows.Of(Arena, hidden, head, targets, default, sets), temperature, entropy);

    public override Tensor HeadLoss(Tensor hidden, Weight head, LogitLoss loss, ReadOnlySpan<float> rowWeights) =>
        HeadLoss(hidden, head, loss, TargetRows.Of(Arena, hidden, head, default, rowWeights));

    public override Tensor Add(Tensor a, Tensor b)
    {
        if (a.Rows != b.Rows || a.Columns != b.Columns)
        {
            throw new ArgumentException($"Add: [{a.Rows}, {a.Columns}] and [{b.Rows}, {b.Columns}] differ"); // built only when thrown: 0 bytes per token
        }

        Tensor y = Arena.Allocate(a.Rows, a.Columns);
        Kernels.Add(a, b, y);
        return y;
    }

    public override Tensor Scale(Tensor a, float scale)
    {
        Tensor y = Arena.AllocateZeroed(a.Rows, a.Columns);
        Kernels.AddScaled(a, scale, y);
        return y;
    }

    public override Tensor SigmoidGate(Tensor x, Tensor gate)
    {
        Tensor y = Arena.Allocate(x.Rows, x.Columns);
        Razum.Tensors.Kernels.SigmoidGate.Forward(Pool, x, gate, y);
        return y;
    }

    public override Tensor Concat(Tensor a, Tensor b) => JoinHeads(new HeadColumns(a, 0, 0, a.Columns), new HeadColumns(b, 0, 0, b.Columns), 1);

    public override Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        Tensor y = Arena.Allocate(rows.Length, x.Columns);
        Copy.Forward(Pool, new HeadColumns(x, 0, 0, x.Columns), new HeadColumns(y, 0, 0, x.Columns), 1, CopyIds(rows, x.Rows));
        return y;
    }

    public override Arena.Mark Begin() => Arena.Here();

    public override Tensor End(Arena.Mark begin, Tensor x)
    {
        if (TensorObserver is not null)
        {
            return x;
        }

        Kernels.Activations.Forget();
        Arena.Release(begin);
        Tensor kept = Arena.Allocate(x.Rows, x.Columns); // at or before x: rows are moved down, in their order
        if (kept.Data != x.Data)
        {
            CopyRows(x, kept);
        }

        return kept;
    }

    public override Tensor AddRows(Tensor y, ReadOnlySpan<int> rows, Tensor values)
    {
        Require(values.Rows == rows.Length && values.Columns == y.Columns, "AddRows:", "values", y);
        Kernels.Activations.Forget();
        Copy.AddRows(Pool, values, CopyIds(rows, y.Rows), y);
        return y;
    }

    public override void Observe(string name, Tensor value) => TensorObserver?.Invoke(name, value);

    public override void Observe(string name, in Routing routing) => RoutingObserver?.Invoke(name, routing);

    /// <summary>
    /// log softmax(logits / temperature)[token] for one row of logits: what <see cref="Ops.LogProbabilities"/> gives for the same hidden row, bit for bit.
    /// </summary>
    /// <param name="set">The tokens that the softmax is over, ascending; empty for all. Another token has minus infinity.</param>
    public float LogProbability(ReadOnlySpan<float> logits, int token, float temperature = 1, ReadOnlySpan<int> set = default)
    {
        float factor = 1 / temperature;
        if (set.IsEmpty)
        {
            fixed (float* p = logits)
            {
                return (logits[token] * factor) - Kernels.LogSumExp(p, logits.Length, factor);
            }
        }

        if (set.BinarySearch(token) < 0)
        {
            return float.NegativeInfinity;
        }

        Arena.Mark mark = Arena.Here();
        float* kept = Arena.Allocate(1, set.Length).Data;
        for (int i = 0; i < set.Length; i++)
        {
            kept[i] = logits[set[i]];
        }

        float shift = Kernels.LogSumExp(kept, set.Length, factor);
        Arena.Release(mark);
        return (logits[token] * factor) - shift;
    }

    public void Dispose()
    {
        Pool.Dispose();
        Arena.Dispose();
    }

    internal Tensor CrossEntropy(Tensor hidden, Weight head, TargetRows rows)
    {
        Tensor y = Arena.Allocate(1, 1);
        Tensor logp = LogProbabilities(hidden, head, rows, 1, false);
        double sum = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            sum -= (double)rows.Weights[i] * logp.Data[i];
        }

        *y.Data = (float)sum;
        return y;
    }

    internal Tensor LogProbabilities(Tensor hidden, Weight head, TargetRows rows, float temperature, bool entropy)
    {
        if (!(temperature > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "must be above 0");
        }

        Tensor y = Arena.Allocate(rows.Count, entropy ? 2 : 1);
        Kernels.LogProbabilities(Arena, hidden, head, rows, temperature, y);
        return y;
    }

    internal Tensor HeadLoss(Tensor hidden, Weight head, LogitLoss loss, TargetRows rows)
    {
        Tensor y = Arena.Allocate(1, 1);
        *y.Data = (float)Razum.Tensors.Kernels.HeadLoss.Forward(Kernels, Arena, hidden, head, loss, rows);
        return y;
    }

    /// <summary>Shows which keys rows attend to, if somebody listens.</summary>
    internal void Show(string name, SelectedKeys selected)
    {
        if (TensorObserver is not null)
        {
            Observe(name, selected.ToTensor(Arena));
        }
    }

    /// <summary>Shows the inputs of every expert that has rows: x for gate and up, silu(gate) * up for down.</summary>
    private void Show(InputObserver observer, Tensor x, ExpertWeights experts, in ExpertActivations saved)
    {
        ExpertGroups groups = saved.Groups;
        Tensor inputs = Gather(x, new ReadOnlySpan<int>(groups.Row, groups.Count)); // [T*K, D], sorted by expert
        Tensor hidden = SwiGlu(saved.Gate, saved.Up); // [T*K, mi]
        for (int b = 0; b < groups.BusyCount; b++)
        {
            int e = groups.Busy[b];
            (int from, int count) = (groups.Start[e], groups.Rows(e));
            observer(experts.Gate[e], inputs.SliceRows(from, count), transposed: false);
            observer(experts.Up[e], inputs.SliceRows(from, count), transposed: false);
            observer(experts.Down[e], hidden.SliceRows(from, count), transposed: false);
        }
    }

    /// <summary>The ids in arena memory, each checked to be below <paramref name="limit"/>.</summary>
    internal int* CopyIds(ReadOnlySpan<int> ids, int limit)
    {
        int* copy = Arena.AllocateInts(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)limit)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), $"id {ids[i]} at position {i} is not below {limit}");
            }

            copy[i] = ids[i];
        }

        return copy;
    }

    /// <summary>Experts in arena memory, each row checked to ascend below their number.</summary>
    private int* CopyExperts(ReadOnlySpan<int> given, int rows, RouterShape shape)
    {
        if (given.Length != (long)rows * shape.TopK)
        {
            throw new ArgumentException($"{given.Length} experts for {rows} rows of {shape.TopK}", nameof(given));
        }

        int* copy = CopyIds(given, shape.Experts);
        for (int i = 1; i < given.Length; i++)
        {
            if (i % shape.TopK != 0 && given[i] <= given[i - 1])
            {
                throw new ArgumentException($"experts of row {i / shape.TopK}: {given[i]} after {given[i - 1]}; they must ascend", nameof(given));
            }
        }

        return copy;
    }

    /// <summary>First row and number of rows of every segment, in arena memory.</summary>
    internal int* CopyBounds(ReadOnlySpan<Segment> segments)
    {
        int* bounds = Arena.AllocateInts(2 * segments.Length);
        for (int i = 0; i < segments.Length; i++)
        {
            (bounds[2 * i], bounds[(2 * i) + 1]) = (segments[i].Start, segments[i].Count);
        }

        return bounds;
    }

    internal static float* Floats(Weight? vector) => vector is null ? null : vector.Floats;

    private static void Require(bool holds, string what, string name, Tensor x)
    {
        if (!holds)
        {
            throw new ArgumentException($"{what} {name} do not fit [{x.Rows}, {x.Columns}]");
        }
    }

    private static void CopyRows(Tensor source, Tensor target)
    {
        for (int t = 0; t < source.Rows; t++)
        {
            source[t].CopyTo(target[t]);
        }
    }
}
