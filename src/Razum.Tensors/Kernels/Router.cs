using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Chooses the experts of each row (architecture notes 1.4): scores s from the logits; selection by s + bias, among the best groups only; weights from s without
/// the bias. Masked groups are -inf, as in DeepSeek's script. Equal scores: lowest index first. Ids come out ascending. Experts may be given in place of those
/// chosen, which are found all the same; weights are then those of the given ones.
/// Backward: w = f s / (sum s + 1e-20) (or f s), then the derivative of softmax or sigmoid; the choice itself has no gradient.
/// </summary>
internal static unsafe class Router
{
    private const float NormEps = 1e-20f;

    /// <param name="ids">The experts to use; the very memory of <paramref name="chosen"/> for those chosen.</param>
    public static void Forward(WorkerPool pool, Tensor logits, RouterShape shape, float* bias, int* ids, int* chosen, Tensor weights) =>
        pool.For(logits.Rows, 16, new ForwardJob { Logits = logits, Shape = shape, Bias = bias, Ids = ids, Chosen = chosen, Weights = weights });

    /// <summary>Adds to dlogits.</summary>
    public static void Backward(WorkerPool pool, Tensor dweights, Tensor logits, RouterShape shape, int* ids, Tensor dlogits) =>
        pool.For(logits.Rows, 16, new BackwardJob { Dweights = dweights, Logits = logits, Shape = shape, Ids = ids, Dlogits = dlogits });

    /// <summary>The same by sorting everything, in double; <paramref name="given"/> are used in place of those chosen.</summary>
    public static void Reference(Tensor logits, RouterShape shape, float* bias, int* ids, Tensor weights, int[]? given = null)
    {
        for (int t = 0; t < logits.Rows; t++)
        {
            double[] x = logits[t].ToArray().Select(v => (double)v).ToArray();
            double max = x.Max();
            double[] s = shape.Score == RouterScore.Sigmoid
                ? x.Select(v => 1 / (1 + Math.Exp(-v))).ToArray()
                : x.Select(v => Math.Exp(v - max) / x.Sum(u => Math.Exp(u - max))).ToArray();
            double[] choice = s.Select((v, e) => v + (bias == null ? 0 : bias[e])).ToArray();
            int size = shape.Experts / shape.Groups;
            int[] groups = Enumerable.Range(0, shape.Groups)
                .OrderByDescending(g => choice.Skip(g * size).Take(size).OrderDescending().Take(shape.GroupScore == GroupScore.Max ? 1 : 2).Sum())
                .ThenBy(g => g).Take(shape.TopGroups).ToArray();
            int[] chosen = Enumerable.Range(0, shape.Experts).Where(e => groups.Contains(e / size))
                .OrderByDescending(e => choice[e]).ThenBy(e => e).Take(shape.TopK).Order().ToArray();
            chosen = given?.AsSpan(t * shape.TopK, shape.TopK).ToArray() ?? chosen;
            double sum = shape.Normalise ? chosen.Sum(e => s[e]) + NormEps : 1;
            for (int k = 0; k < shape.TopK; k++)
            {
                ids[(t * shape.TopK) + k] = chosen[k];
                weights[t][k] = (float)(s[chosen[k]] / sum * shape.ScalingFactor);
            }
        }
    }

    /// <summary>Scores of one row of logits.</summary>
    public static void Scores(RouterScore score, float* logits, int experts, float* scores)
    {
        if (score == RouterScore.Sigmoid)
        {
            for (int e = 0; e < experts; e++)
            {
                scores[e] = 1 / (1 + MathF.Exp(-logits[e]));
            }

            return;
        }

        float max = float.NegativeInfinity;
        for (int e = 0; e < experts; e++)
        {
            max = MathF.Max(max, logits[e]);
        }

        float sum = 0;
        for (int e = 0; e < experts; e++)
        {
            sum += scores[e] = MathF.Exp(logits[e] - max);
        }

        for (int e = 0; e < experts; e++)
        {
            scores[e] /= sum;
        }
    }

    /// <summary>dlogits += J^T dscores for one row.</summary>
    public static void AddScoreGradient(RouterScore score, float* scores, float* dscores, int experts, float* dlogits)
    {
        if (score == RouterScore.Sigmoid)
        {
            for (int e = 0; e < experts; e++)
            {
                dlogits[e] += dscores[e] * scores[e] * (1 - scores[e]);
            }

            return;
        }

        float dot = 0;
        for (int e = 0; e < experts; e++)
        {
            dot += dscores[e] * scores[e];
        }

        for (int e = 0; e < experts; e++)
        {
            dlogits[e] += scores[e] * (dscores[e] - dot);
        }
    }

    /// <summary>Takes the best <paramref name="take"/> of the values, marking them in <paramref name="chosen"/>; equal values: lowest index first. Already marked ones are passed over.</summary>
    public static void MarkBest(float* values, int count, int take, bool* chosen)
    {
        for (int k = 0; k < take; k++)
        {
            int best = -1;
            for (int i = 0; i < count; i++)
            {
                if (!chosen[i] && (best < 0 || values[i] > values[best]))
                {
                    best = i;
                }
            }

            chosen[best] = true;
        }
    }

    private struct ForwardJob : IRangeJob
    {
        public Tensor Logits;
        public RouterShape Shape;
        public float* Bias;
        public int* Ids;
        public int* Chosen;
        public Tensor Weights;

        public readonly void Run(int from, int to)
        {
            int experts = Shape.Experts;
            float* scores = stackalloc float[experts];
            float* choice = stackalloc float[experts];
            float* groups = stackalloc float[Shape.Groups];
            bool* chosen = stackalloc bool[experts];
            bool* kept = stackalloc bool[Shape.Groups];
            for (int t = from; t < to; t++)
            {
                Scores(Shape.Score, Logits.Row(t), experts, scores);
                for (int e = 0; e < experts; e++)
                {
                    choice[e] = Bias == null ? scores[e] : scores[e] + Bias[e];
                    chosen[e] = false;
                }

                if (Shape.TopGroups < Shape.Groups)
                {
                    MaskGroups(choice, groups, kept);
                }

                MarkBest(choice, experts, Shape.TopK, chosen);
                WriteChosen(t, chosen);
                WriteWeights(t, scores);
            }
        }

        private readonly void MaskGroups(float* choice, float* groups, bool* kept)
        {
            int size = Shape.Experts / Shape.Groups;
            for (int g = 0; g < Shape.Groups; g++)
            {
                float best = float.NegativeInfinity;
                float second = float.NegativeInfinity;
                for (int i = g * size; i < (g + 1) * size; i++)
                {
                    if (choice[i] > best)
                    {
                        second = best;
                        best = choice[i];
                    }
                    else if (choice[i] > second)
                    {
                        second = choice[i];
                    }
                }

                groups[g] = Shape.GroupScore == GroupScore.Max || size == 1 ? best : best + second;
                kept[g] = false;
            }

            MarkBest(groups, Shape.Groups, Shape.TopGroups, kept);
            for (int e = 0; e < Shape.Experts; e++)
            {
                if (!kept[e / size])
                {
                    choice[e] = float.NegativeInfinity;
                }
            }
        }

        private readonly void WriteChosen(int t, bool* chosen)
        {
            int* next = Chosen + ((long)t * Shape.TopK);
            for (int e = 0; e < Shape.Experts; e++)
            {
                if (chosen[e])
                {
                    *next++ = e;
                }
            }
        }

        private readonly void WriteWeights(int t, float* scores)
        {
            int* ids = Ids + ((long)t * Shape.TopK);
            float* weights = Weights.Row(t);
            float sum = 0;
            for (int k = 0; k < Shape.TopK; k++)
            {
                weights[k] = scores[ids[k]];
                sum += weights[k];
            }

            float scale = Shape.Normalise ? Shape.ScalingFactor / (sum + NormEps) : Shape.ScalingFactor;
            for (int k = 0; k < Shape.TopK; k++)
            {
                weights[k] *= scale;
            }
        }
    }

    private struct BackwardJob : IRangeJob
    {
        public Tensor Dweights;
        public Tensor Logits;
        public RouterShape Shape;
        public int* Ids;
        public Tensor Dlogits;

        public readonly void Run(int from, int to)
        {
            int experts = Shape.Experts;
            float* scores = stackalloc float[experts];
            float* dscores = stackalloc float[experts];
            for (int t = from; t < to; t++)
            {
                Scores(Shape.Score, Logits.Row(t), experts, scores);
                new Span<float>(dscores, experts).Clear();
                int* ids = Ids + ((long)t * Shape.TopK);
                float* dw = Dweights.Row(t);
                float sum = 0;
                float dot = 0;
                for (int k = 0; k < Shape.TopK; k++)
                {
                    sum += scores[ids[k]];
                    dot += dw[k] * scores[ids[k]];
                }

                sum += NormEps;
                for (int k = 0; k < Shape.TopK; k++)
                {
                    dscores[ids[k]] = Shape.ScalingFactor * (Shape.Normalise ? (dw[k] - (dot / sum)) / sum : dw[k]);
                }

                AddScoreGradient(Shape.Score, scores, dscores, experts, Dlogits.Row(t));
            }
        }
    }
}
