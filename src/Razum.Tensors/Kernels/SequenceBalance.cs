using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The sequence-wise balance loss (DeepSeek-V3 section 2.1.2): for each segment alpha * sum_i f_i P_i with
/// f_i = E / (K T) * rows whose best K scores (over all experts, no groups; with the bias added, if there is one) hold i, P_i = mean over rows of
/// s_i / sum_j s_j. Only P has a gradient.
/// </summary>
internal static unsafe class SequenceBalance
{
    /// <summary>losses[i] = sum_e f_e P_e of segment i, without alpha. bounds: first row and number of rows of every segment.</summary>
    public static void Forward(WorkerPool pool, Tensor logits, RouterShape shape, float* bias, int* bounds, int count, float* losses) =>
        pool.For(count, 1, new Job { Logits = logits, Shape = shape, Bias = bias, Bounds = bounds, Losses = losses });

    /// <summary>Adds factor * d(sum_i f_i P_i)/dlogits for every segment.</summary>
    public static void Backward(WorkerPool pool, Tensor logits, RouterShape shape, float* bias, int* bounds, int count, float factor, Tensor dlogits) =>
        pool.For(count, 1, new Job { Logits = logits, Shape = shape, Bias = bias, Bounds = bounds, Factor = factor, Dlogits = dlogits });

    public static void Reference(Tensor logits, RouterShape shape, float* bias, int* bounds, int count, float* losses)
    {
        for (int i = 0; i < count; i++)
        {
            double[] f = new double[shape.Experts];
            double[] p = new double[shape.Experts];
            (int start, int rows) = (bounds[2 * i], bounds[(2 * i) + 1]);
            for (int t = start; t < start + rows; t++)
            {
                double max = logits[t].ToArray().Max();
                double[] s = logits[t].ToArray().Select(x => shape.Score == RouterScore.Sigmoid ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x - max)).ToArray();
                foreach (int e in Enumerable.Range(0, shape.Experts).OrderByDescending(e => s[e] + (bias == null ? 0 : bias[e])).ThenBy(e => e).Take(shape.TopK))
                {
                    f[e] += (double)shape.Experts / shape.TopK / rows;
                }

                for (int e = 0; e < shape.Experts; e++)
                {
                    p[e] += s[e] / s.Sum() / rows;
                }
            }

            losses[i] = (float)f.Zip(p, (x, y) => x * y).Sum();
        }
    }

    private struct Job : IRangeJob
    {
        public Tensor Logits;
        public RouterShape Shape;
        public float* Bias;
        public int* Bounds;
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
                (int start, int rows) = (Bounds[2 * i], Bounds[(2 * i) + 1]);
                Count(start, rows, scores, chosen, f, p);
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
                    AddGradient(start, rows, scores, f, gradient);
                }
            }
        }

        private readonly void Count(int start, int rows, float* scores, bool* chosen, float* f, double* p)
        {
            int experts = Shape.Experts;
            new Span<float>(f, experts).Clear();
            new Span<double>(p, experts).Clear();
            for (int t = start; t < start + rows; t++)
            {
                Router.Scores(Shape.Score, Logits.Row(t), experts, scores);
                new Span<bool>(chosen, experts).Clear();
                float sum = Sum(scores);
                for (int e = 0; e < experts; e++)
                {
                    p[e] += scores[e] / sum / rows;
                    scores[e] += Bias == null ? 0 : Bias[e];
                }

                Router.MarkBest(scores, experts, Shape.TopK, chosen);
                for (int e = 0; e < experts; e++)
                {
                    f[e] += chosen[e] ? 1 : 0;
                }
            }

            for (int e = 0; e < experts; e++)
            {
                f[e] *= (float)experts / ((float)Shape.TopK * rows);
            }
        }

        private readonly void AddGradient(int start, int rows, float* scores, float* f, float* gradient)
        {
            int experts = Shape.Experts;
            for (int t = start; t < start + rows; t++)
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
                    gradient[e] = Factor / rows * (f[e] - dot) / sum;
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
