using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Adafactor (arXiv 1804.04235): Adam without first moment, whose second moment of a matrix is kept as one value per row and one per column: almost no memory.
/// <code>
/// R, C = running means of g^2 over rows and columns;  V = R C^T / mean(R)        (a vector keeps V itself)
/// u = g / sqrt(max(V, eps1^2));  u /= max(1, rms(u) / d);  p *= 1 - lr wd;  p -= max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u
/// </code>
/// </summary>
public sealed unsafe class Adafactor : Optimizer
{
    private readonly AdafactorSettings _settings;
    private readonly Weight[] _order;
    private readonly Tensor[] _rows;
    private readonly Tensor[] _columns;

    /// <param name="weights">What to train: F32 weights, as for every <see cref="Optimizer"/>.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Constants.</param>
    public Adafactor(IEnumerable<Weight> weights, WorkerPool pool, AdafactorSettings settings)
        : base(weights, pool)
    {
        _settings = settings;
        _order = [.. Weights.OrderByDescending(w => w.Count)]; // large ones first: threads end together
        _rows = [.. _order.Select(w => Zeros(w.Rows))];
        _columns = [.. _order.Select(w => Zeros(w.Columns))];
    }

    internal override IEnumerable<(string Name, Tensor Values)> State =>
        _order.SelectMany((w, i) => new[] { ("r." + w.Name, _rows[i]), ("c." + w.Name, _columns[i]) });

    public override void Update(double learningRate, double norm)
    {
        Updates++;
        Pool.For(_order.Length, 1, new UpdateJob(this, (float)ClipCoefficient(norm, _settings.ClipNorm), learningRate));
        foreach (Weight weight in Weights)
        {
            weight.MarkChanged();
        }
    }

    private static double Rms(float* values, long count)
    {
        double sum = 0;
        for (long i = 0; i < count; i++)
        {
            sum += (double)values[i] * values[i];
        }

        return Math.Sqrt(sum / count);
    }

    private readonly struct UpdateJob(Adafactor owner, float clip, double learningRate) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Update(owner._order[i], owner._rows[i].Data, owner._columns[i].Data);
            }
        }

        private void Update(Weight weight, float* rows, float* columns)
        {
            AdafactorSettings settings = owner._settings;
            float* g = weight.Gradient!.Value.Data;
            double size = Math.Max(settings.Eps2, Rms(weight.Floats, weight.Count));
            double rate = size * Math.Min(learningRate, 1 / Math.Sqrt(owner.Updates));
            Average(weight, g, rows, columns);
            Normalise(weight, g, rows, columns);
            float step = (float)(rate / Math.Max(1, Rms(g, weight.Count) / settings.D));
            float keep = weight.IsVector ? 1 : (float)(1 - (learningRate * settings.WeightDecay));
            for (long i = 0; i < weight.Count; i++)
            {
                weight.Floats[i] = (weight.Floats[i] * keep) - (step * g[i]);
                g[i] = 0;
            }
        }

        /// <summary>Clips g, and takes its squares into the averages. A vector is one row, whose column averages are V itself.</summary>
        private void Average(Weight weight, float* g, float* rows, float* columns)
        {
            float share = (float)Math.Pow(owner.Updates, owner._settings.Beta2Decay);
            for (int c = 0; c < weight.Columns; c++)
            {
                columns[c] *= 1 - share;
            }

            for (int r = 0; r < weight.Rows; r++)
            {
                float* row = g + ((long)r * weight.Columns);
                double sum = 0;
                for (int c = 0; c < weight.Columns; c++)
                {
                    row[c] *= clip;
                    sum += (double)row[c] * row[c];
                    columns[c] += share * row[c] * row[c] / weight.Rows;
                }

                rows[r] = (rows[r] * (1 - share)) + (float)(share * sum / weight.Columns);
            }
        }

        /// <summary>g becomes u.</summary>
        private void Normalise(Weight weight, float* g, float* rows, float* columns)
        {
            double mean = 0;
            for (int r = 0; r < weight.Rows; r++)
            {
                mean += rows[r] / (double)weight.Rows;
            }

            double least = owner._settings.Eps1 * owner._settings.Eps1;
            mean = Math.Max(mean, owner._settings.Eps1);
            for (int r = 0; r < weight.Rows; r++)
            {
                // One row is its own mean: V = C exactly.
                double scale = weight.Rows == 1 ? 1 : rows[r] / mean;
                float* row = g + ((long)r * weight.Columns);
                for (int c = 0; c < weight.Columns; c++)
                {
                    row[c] = (float)(row[c] / Math.Sqrt(Math.Max(scale * columns[c], least)));
                }
            }
        }
    }
}
