namespace Razum.Tensors.Kernels;

internal static unsafe partial class SparseAttention
{
    /// <summary>The formula, one score after another, in double.</summary>
    public static void Reference(
        Tensor q,
        Tensor rows,
        Tensor indexQueries,
        Tensor indexWeights,
        AttentionShape shape,
        IndexShape index,
        ReadOnlySpan<Segment> segments,
        int layer,
        Tensor y)
    {
        Check(q, rows, indexQueries, indexWeights, shape, index, segments);
        foreach (Segment segment in segments)
        {
            Append(segment, rows, layer);
            for (int i = 0; i < segment.Count; i++)
            {
                QueryRow query = QueryRow.Of(segment, rows, layer, i);
                int[] chosen =
                [
                    .. Enumerable.Range(query.Keys.First, query.Visible)
                        .OrderByDescending(s => Score(indexQueries, indexWeights, query.Row, query.Keys.Keys(s) + shape.KeyDim, index)) // stable
                        .Take(index.TopK),
                ];
                for (int h = 0; h < shape.Heads; h++)
                {
                    Attend(q.Row(query.Row) + (h * shape.KeyDim), in query, chosen, shape, y[query.Row].Slice(h * shape.ValueDim, shape.ValueDim));
                }
            }
        }
    }

    private static double Score(Tensor indexQueries, Tensor indexWeights, int row, float* key, IndexShape index)
    {
        double score = 0;
        for (int h = 0; h < index.Heads; h++)
        {
            double dot = 0;
            for (int d = 0; d < index.Dim; d++)
            {
                dot += (double)indexQueries.Row(row)[(h * index.Dim) + d] * key[d];
            }

            score += indexWeights.Row(row)[h] * Math.Max(dot, 0);
        }

        return score;
    }

    private static void Attend(float* query, in QueryRow row, int[] chosen, AttentionShape shape, Span<float> y)
    {
        double[] weights = new double[chosen.Length];
        for (int j = 0; j < chosen.Length; j++)
        {
            for (int d = 0; d < shape.KeyDim; d++)
            {
                weights[j] += (double)query[d] * row.Keys.Keys(chosen[j])[d] * shape.Scale;
            }
        }

        double max = weights.Max();
        double sum = weights.Sum(w => Math.Exp(w - max));
        for (int c = 0; c < y.Length; c++)
        {
            double mixed = 0;
            for (int j = 0; j < chosen.Length; j++)
            {
                mixed += Math.Exp(weights[j] - max) / sum * row.Keys.Keys(chosen[j])[c];
            }

            y[c] = (float)mixed;
        }
    }
}
