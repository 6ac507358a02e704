using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The sequence-wise balance loss (DeepSeek-V3 section 2.1.2): for each segment alpha * sum_i f_i P_i with
/// f_i = E / (K T) * rows whose best K unbiased scores (over all experts, no groups) hold i, P_i = mean over rows of s_i / sum_j s_j. Only P has a gradient.
/// </summary>
internal static unsafe class SequenceBalance
{
    /// <summary>losses[i] = sum_i f_i P_i of segment i, without alpha.</summary>
    public static void Forward(WorkerPool pool, Tensor logits, RouterShape shape, Segment* segments, int count, float* losses) =>
        pool.For(count, 1, new Job { Logits = logits, Shape = shape, Segments = segments, Losses = losses });

    /// <summary>Adds factor * d(sum_i f_i P_i)/dlogits for every segment.</summary>
    public static void Backward(WorkerPool pool, Tensor logits, RouterShape shape, Segment* segments, int count, float factor, Tensor dlogits) =>
        pool.For(count, 1, new Job { Logits = logits, Shape = shape, Segments = segments, Factor = factor, Dlogits = dlogits });

    public static void Reference(Tensor logits, RouterShape shape, Segment* segments, int count, float* losses)
    {
        for (int i = 0; i < count; i++)
        {
            double[] f = new double[shape.Experts];
            double[] p = new double[shape.Experts];
            for (int t = segments[i].Start; t < segments[i].Start + segments[i].Count; t++)
            {
                double max = logits[t].ToArray().Max();
                double[] s = logits[t].ToArray().Select(x => shape.Score == RouterScore.Sigmoid ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x - max)).ToArray();
                foreach (int e in Enumerable.Range(0, shape.Experts).OrderByDescending(e => s[e]).ThenBy(e => e).Take(shape.TopK))
                {
                    f[e] += (double)shape.Experts / shape.TopK / segments[i].Count;
                }

                for (int e = 0; e < shape.Experts; e++)
                {
                    p[e] += s[e] / s.Sum() / segments[i].Count;
                }
            }

            losses[i] = (float)f.Zip(p, (x, y) => x * y).Sum();
        }
    }

    private struct Job : IRangeJob
    {
        public Tensor Logits;
        public RouterShape Shape;
        public Segment* Segments;
        public float* Losses;
        public float Factor;
        public Tensor Dlogits;

        public readonly void Run(int from, int to)
        {
            int experts = Shape.Experts;
            float* scores = stackalloc float[experts];
            float* gradient = stackalloc float[experts];
            float* f = stackalloc float[experts];
            double* p = stackalloc double[experts];
            bool* chosen = stackalloc bool[experts];
            for (int i = from; i < to; i++)
            {
                Segment segment = Segments[i];
                Count(segment, scores, chosen, f, p);
                if (Losses != null)
                {
                    double loss = 0;
                    for (int e = 0; e < experts; e++)
                    {
                        loss += f[e] * p[e];
                    }

                    Losses[i] = (float)loss;
                }

                if (!Dlogits.IsEmpty)
                {
                    AddGradient(segment, scores, f, gradient);
                }
            }
        }

        private readonly void Count(Segment segment, float* scores, bool* chosen, float* f, double* p)
        {
            int experts = Shape.Experts;
            new Span<float>(f, experts).Clear();
            new Span<double>(p, experts).Clear();
            for (int t = segment.Start; t < segment.Start + segment.Count; t++)
            {
                Router.Scores(Shape.Score, Logits.Row(t), experts, scores);
                new Span<bool>(chosen, experts).Clear();
                Router.MarkBest(scores, experts, Shape.TopK, chosen);
                float sum = Sum(scores);
                for (int e = 0; e < experts; e++)
                {
                    f[e] += chosen[e] ? 1 : 0;
                    p[e] += scores[e] / sum / segment.Count;
                }
            }

            for (int e = 0; e < experts; e++)
            {
                f[e] *= (float)experts / ((float)Shape.TopK * segment.Count);
            }
        }

        private readonly void AddGradient(Segment segment, float* scores, float* f, float* gradient)
        {
            int experts = Shape.Experts;
            for (int t = segment.Start; t < segment.Start + segment.Count; t++)
            {
                Router.Scores(Shape.Score, Logits.Row(t), experts, scores);
                float sum = Sum(scores);
                float dot = 0;
                for (int e = 0; e < experts; e++)
                {
                    dot += f[e] * scores[e] / sum;
                }

                for (int e = 0; e < experts; e++)
                {
                    gradient[e] = Factor / segment.Count * (f[e] - dot) / sum;
                }

                Router.AddScoreGradient(Shape.Score, scores, gradient, experts, Dlogits.Row(t));
            }
        }

        private readonly float Sum(float* scores)
        {
            float sum = 0;
            for (int e = 0; e < Shape.Experts; e++)
            {
                sum += scores[e];
            }

            return sum;
        }
    }
}
