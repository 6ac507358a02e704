using System.Numerics;
using Razum.Tensors;

namespace Razum.Models.Adapters;

/// <summary>
/// A low-rank change of a linear layer (LoRA, arXiv 2106.09685): y + scale (x A^T) B^T, as if the weight were W + scale B A. It is made of the operations
/// that every layer is made of: whatever computes the layer, samples it or differentiates it does the same with its adapter, in any format of W.
/// </summary>
/// <param name="module">Published name of the layer, without <c>.weight</c>.</param>
/// <param name="a">[r, inputs], F32.</param>
/// <param name="b">[outputs, r], F32.</param>
/// <param name="scale">alpha / r, or alpha / sqrt(r).</param>
public sealed class LoraPair(string module, Weight a, Weight b, float scale)
{
    public string Module => module;

    /// <summary>[r, inputs]</summary>
    public Weight A => a;

    /// <summary>[outputs, r]</summary>
    public Weight B => b;

    public float Scale => scale;

    /// <summary>y + scale (x A^T) B^T in some of the rows. x [T, inputs], y [T, outputs].</summary>
    public Tensor AddTo(Ops ops, Tensor x, Tensor y, ReadOnlySpan<int> rows) => rows.IsEmpty
        ? y
        : rows.Length == x.Rows ? ops.Add(y, Product(ops, x)) : ops.AddRows(y, rows, Product(ops, ops.Gather(x, rows)));

    /// <summary>
    /// The same for one small matrix per head (<see cref="Ops.HeadLinear"/>): the rows of a head in W + scale B A are its rows of W and of B, with all of A.
    /// x must be contiguous.
    /// </summary>
    public Tensor AddToHeads(Ops ops, Tensor x, Tensor y, HeadRows slice, int heads, bool transposed, ReadOnlySpan<int> rows) => rows.IsEmpty
        ? y
        : rows.Length == x.Rows
            ? ops.Add(y, HeadProduct(ops, x, slice, heads, transposed))
            : ops.AddRows(y, rows, HeadProduct(ops, ops.Gather(x, rows), slice, heads, transposed));

    /// <summary>W + scale B A, row by row in F32.</summary>
    /// <param name="weight">W [outputs, inputs] in any format; stays as it is.</param>
    public float[] Merge(Weight weight)
    {
        float[] merged = weight.ToArray();
        for (int o = 0; o < b.Rows; o++)
        {
            MergeRow(o, merged.AsSpan(o * a.Columns, a.Columns));
        }

        return merged;
    }

    /// <summary>Adds row <paramref name="output"/> of scale B A to <paramref name="row"/> [inputs].</summary>
    public void MergeRow(int output, Span<float> row)
    {
        ReadOnlySpan<float> inner = a.AsSpan();
        ReadOnlySpan<float> outer = b.AsSpan().Slice(output * a.Rows, a.Rows);
        for (int r = 0; r < a.Rows; r++)
        {
            AddScaled(inner.Slice(r * a.Columns, a.Columns), scale * outer[r], row);
        }
    }

    /// <summary>scale (x A^T) B^T</summary>
    private Tensor Product(Ops ops, Tensor x) => ops.Linear(ops.Scale(ops.Linear(x, a), scale), b);

    private Tensor HeadProduct(Ops ops, Tensor x, HeadRows slice, int heads, bool transposed)
    {
        (int rows, int rank) = (x.Rows, a.Rows);
        if (transposed)
        {
            Tensor narrow = ops.Scale(ops.HeadLinear(x, b, slice, heads, transposed: true), scale).Reshape(rows * heads, rank); // [T*H, r]
            return ops.HeadLinear(narrow, a, new HeadRows(rank, 0, rank), 1, transposed: true).Reshape(rows, heads * a.Columns); // [T, H*in]
        }

        Tensor low = ops.Scale(ops.Linear(x.Reshape(rows * heads, a.Columns), a), scale).Reshape(rows, heads * rank); // [T, H*r]
        return ops.HeadLinear(low, b, slice, heads, transposed: false); // [T, H*Count]
    }

    private static void AddScaled(ReadOnlySpan<float> values, float factor, Span<float> target)
    {
        int i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(target[i..]) + (factor * new Vector<float>(values[i..]))).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] += factor * values[i];
        }
    }
}
