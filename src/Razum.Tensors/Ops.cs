namespace Razum.Tensors;

/// <summary>
/// Everything a model can ask for. A forward pass names these operations and nothing else; it does not know the weight format, the device,
/// whether gradients are recorded or who called it. <see cref="CpuOps"/> computes at once, <see cref="Tape"/> also records for the backward pass.
/// </summary>
/// <remarks>
/// Shapes: T packed tokens, S key rows, D hidden, H heads, E experts, K experts per token, V vocabulary.
/// Every row of a result depends, bit for bit, only on its own inputs: not on its neighbours in the batch, on chunking or on the number of threads.
/// </remarks>
public abstract class Ops
{
    /// <summary>Rows of a table: y[t] = table[ids[t]]. [T, D]</summary>
    public abstract Tensor Embedding(Weight table, ReadOnlySpan<int> ids);

    /// <summary>y = gain * x / sqrt(mean(x^2) + eps), for each row. [T, D]; with x reshaped to [T*H, d] it is the norm of each head.</summary>
    public abstract Tensor RmsNorm(Tensor x, Weight gain, float eps);

    /// <summary>y = gain * (x - mean(x)) / sqrt(var(x) + eps) + bias, for each row, var(x) = mean((x - mean(x))^2). [T, D]</summary>
    public abstract Tensor LayerNorm(Tensor x, Weight gain, Weight bias, float eps);

    /// <summary>y = x W^T + b. x [T, in], W [out, in], b [out]; gives [T, out].</summary>
    public abstract Tensor Linear(Tensor x, Weight weight, Weight? bias = null);

    /// <summary>
    /// One small matrix per head, taken from the rows of a weight: head h uses rows [h*slice.Step + slice.From, + slice.Count) as M.
    /// Not transposed: y_h = x_h M^T (x [T, H*in], y [T, H*Count]); transposed: y_h = x_h M (x [T, H*Count], y [T, H*in]).
    /// The two halves of absorbed latent attention (architecture notes 1.2).
    /// </summary>
    public abstract Tensor HeadLinear(Tensor x, Weight weight, HeadRows slice, int heads, bool transposed);

    /// <summary>
    /// Rotates, IN PLACE, columns [offset, offset + table.Dim) of every head of <paramref name="headDim"/> columns by the angle of the row's position.
    /// Returns x.
    /// </summary>
    public abstract Tensor Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset);

    /// <summary>
    /// Causal attention over packed sequences: y = softmax(scale q k^T) v for each head, softmax in F32.
    /// q [T, H*KeyDim], k [S, KvHeads*KeyDim], v [S, KvHeads*ValueDim]; gives [T, H*ValueDim]. For a segment with a cache the rows of k and v are
    /// the new ones: they are stored in its layer <paramref name="layer"/> first, and the queries see all that the cache holds.
    /// </summary>
    public abstract Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer);

    /// <summary>
    /// <see cref="Attention"/> with one key head to at most index.TopK keys (DeepSeek-V3.2): those of the highest sum_h w[t, h] relu(iq[t, h] . ik[s]), of
    /// equal ones the first. q [T, H*KeyDim]; rows [S, KeyDim + Dim], a row being [k | ik] and its first ValueDim columns the value; indexQueries
    /// [T, IH*Dim]; indexWeights [T, IH]; gives [T, H*ValueDim]. The choice has no gradient. It is shown under <paramref name="name"/>: [T, K] ids
    /// ascending, counted from the sequence's first key, -1 after the last.
    /// </summary>
    public abstract Tensor SparseAttention(
        Tensor q,
        Tensor rows,
        Tensor indexQueries,
        Tensor indexWeights,
        AttentionShape shape,
        IndexShape index,
        ReadOnlySpan<Segment> segments,
        int layer,
        string name);

    /// <summary>
    /// The rows every segment's keys are made from: for a segment with a cache its stored rows of layer <paramref name="layer"/> followed by the new
    /// ones (which are stored), else the new rows alone. rows [T, C]; gives [S, C], segment after segment. Expanded latent attention reads its latents so.
    /// </summary>
    public abstract Tensor Recall(Tensor rows, ReadOnlySpan<Segment> segments, int layer);

    /// <summary>For every head its columns of a followed by its columns of b: y[t, h] = [a[t, h] | b[t, h]]. [T, H*(a.Count + b.Count)]; b may be empty.</summary>
    public abstract Tensor JoinHeads(HeadColumns a, HeadColumns b, int heads);

    /// <summary>silu(gate) * up, silu(x) = x / (1 + exp(-x)). Same shapes.</summary>
    public abstract Tensor SwiGlu(Tensor gate, Tensor up);

    /// <summary>
    /// Chooses experts for every row of router logits [T, E]. Equal scores: the lowest index first. With <paramref name="given"/> [T, K], ascending within a
    /// row, those experts are used in place of the choice; their weights still come from these logits, and so does the gradient.
    /// </summary>
    public abstract Routing Route(Tensor logits, RouterShape shape, Weight? bias, ReadOnlySpan<int> given = default);

    /// <summary>y[t] = sum over the chosen experts e of weight[t, e] * down_e(silu(gate_e x[t]) * up_e x[t]), in ascending order of e. [T, D]</summary>
    public abstract Tensor Experts(Tensor x, Routing routing, ExpertWeights experts);

    /// <summary>
    /// Returns the logits [T, E] unchanged, but adds alpha * mean over segments of sum_i f_i P_i to whatever is minimised (DeepSeek-V3 section 2.1.2):
    /// f from the top K scores, P the mean normalised score; only P has a gradient. The value is shown under <paramref name="name"/>. With a
    /// <paramref name="bias"/> f counts the top K of score + bias, what a balanced router chooses; P stays unbiased.
    /// </summary>
    public abstract Tensor SequenceBalance(
        Tensor logits, RouterShape shape, ReadOnlySpan<Segment> segments, float alpha, string name, Weight? bias = null);

    /// <summary>
    /// sum_t rowWeights[t] * -log softmax(hidden[t] W^T)[targets[t]], in chunks of rows: [T, V] never exists. Rows of weight 0 are skipped. Gives [1, 1].
    /// </summary>
    public abstract Tensor CrossEntropy(Tensor hidden, Weight head, ReadOnlySpan<int> targets, ReadOnlySpan<float> rowWeights);

    /// <summary>
    /// log softmax(hidden[t] W^T / temperature)[targets[t]] for every row; equal, bit for bit, to what a sampler computes from the logits. Gives [T, 1], or
    /// with <paramref name="entropy"/> [T, 2]: beside it the entropy of that softmax. What a policy gradient is made of. With <paramref name="sets"/> the softmax
    /// of a row is over its tokens alone, the target among them: all others have the probability 0 and no gradient.
    /// </summary>
    public abstract Tensor LogProbabilities(
        Tensor hidden, Weight head, ReadOnlySpan<int> targets, float temperature = 1, bool entropy = false, TokenSets sets = default);

    /// <summary>
    /// sum_t rowWeights[t] * loss(t, hidden[t] W^T) for losses that look at a whole row of logits (distillation, label smoothing), in chunks of rows:
    /// [T, V] never exists. Rows of weight 0 are skipped. Gives [1, 1].
    /// </summary>
    public abstract Tensor HeadLoss(Tensor hidden, Weight head, LogitLoss loss, ReadOnlySpan<float> rowWeights);

    /// <summary>a + b. Same shapes.</summary>
    public abstract Tensor Add(Tensor a, Tensor b);

    /// <summary>scale * a.</summary>
    public abstract Tensor Scale(Tensor a, float scale);

    /// <summary>y[t] = sigmoid(gate[t]) * x[t]; gate [T, 1].</summary>
    public abstract Tensor SigmoidGate(Tensor x, Tensor gate);

    /// <summary>[a | b], side by side. Same rows.</summary>
    public abstract Tensor Concat(Tensor a, Tensor b);

    /// <summary>y[i] = x[rows[i]].</summary>
    public abstract Tensor Gather(Tensor x, ReadOnlySpan<int> rows);

    /// <summary>Adds, IN PLACE, row i of <paramref name="values"/> to row rows[i] of y; no row twice. Returns y.</summary>
    public abstract Tensor AddRows(Tensor y, ReadOnlySpan<int> rows, Tensor values);

    /// <summary>f(x), without keeping what f makes on the way: a tape runs f again when it needs the gradients.</summary>
    public virtual Tensor Recompute(Tensor x, Func<Ops, Tensor, Tensor> f) => f(this, x);

    /// <summary>The beginning of work whose steps leave one result each: see <see cref="End"/>.</summary>
    public virtual Arena.Mark Begin() => default;

    /// <summary>
    /// x, where everything else that was made since <paramref name="begin"/> is not needed any more: its memory may be used again. Who records, or shows values,
    /// keeps all.
    /// </summary>
    public virtual Tensor End(Arena.Mark begin, Tensor x) => x;

    /// <summary>Shows a value that someone may want to see (goldens, statistics). Does nothing unless somebody listens.</summary>
    public virtual void Observe(string name, Tensor value)
    {
    }

    /// <summary>Shows a routing decision.</summary>
    public virtual void Observe(string name, in Routing routing)
    {
    }
}
