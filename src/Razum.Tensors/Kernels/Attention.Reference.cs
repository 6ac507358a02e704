namespace Razum.Tensors.Kernels;

internal static unsafe partial class Attention
{
    /// <summary>The formula, one score after another, in double. y [T, H*ValueDim] and logSumExp [T, H], row by row; the latter may be empty.</summary>
    public static void Reference(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer, Span<double> y, Span<double> logSumExp)
    {
        CheckShapes(q, k, v, shape, segments);
        int group = shape.Heads / shape.KvHeads;
        y.Clear();
        foreach (Segment segment in segments)
        {
            KeyRun keys = AppendAndRead(segment, k, v, layer);
            double[] weights = new double[keys.Count];
            for (int i = 0; i < segment.Count; i++)
            {
                int t = segment.Start + i;
                int last = segment.Past + i;
                int first = shape.Window > 0 ? Math.Max(keys.First, last - shape.Window + 1) : keys.First;
                for (int h = 0; h < shape.Heads; h++)
                {
                    double max = double.NegativeInfinity;
                    for (int j = first; j <= last; j++)
                    {
                        double score = 0;
                        for (int d = 0; d < shape.KeyDim; d++)
                        {
                            score += (double)q.Row(t)[(h * shape.KeyDim) + d] * keys.Keys(j)[(h / group * shape.KeyDim) + d];
                        }

                        weights[j] = score * shape.Scale;
                        max = Math.Max(max, weights[j]);
                    }

                    double sum = 0;
                    for (int j = first; j <= last; j++)
                    {
                        weights[j] = Math.Exp(weights[j] - max);
                        sum += weights[j];
                    }

                    Span<double> row = y.Slice(((t * shape.Heads) + h) * shape.ValueDim, shape.ValueDim);
                    for (int j = first; j <= last; j++)
                    {
                        for (int c = 0; c < shape.ValueDim; c++)
                        {
                            row[c] += weights[j] / sum * keys.Values(j)[(h / group * shape.ValueDim) + c];
                        }
                    }

                    if (!logSumExp.IsEmpty)
                    {
                        logSumExp[(t * shape.Heads) + h] = max + Math.Log(sum);
                    }
                }
            }
        }
    }
}
