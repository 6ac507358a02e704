using System.Runtime.InteropServices;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Adam with Nesterov's look ahead (Dozat 2016), decay decoupled as in <see cref="AdamW"/>:
/// <code>
/// mu_t = b1 (1 - 0.96^(t momentum_decay) / 2);  M_t = mu_1 ... mu_t
/// p -= lr ( (1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_(t+1)) m ) / (sqrt(v / (1 - b2^t)) + eps)
/// </code>
/// </summary>
public sealed unsafe class NAdam : Optimizer
{
    private readonly NAdamSettings _settings;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;
    private double _product = 1; // M of _productOf updates
    private int _productOf;

    /// <param name="weights">What to train: F32 weights, as for every <see cref="Optimizer"/>.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Constants.</param>
    public NAdam(IEnumerable<Weight> weights, WorkerPool pool, NAdamSettings settings)
        : base(weights, pool)
    {
        _settings = settings;
        _first = [.. Weights.Select(w => Zeros(w.Count))];
        _second = [.. Weights.Select(w => Zeros(w.Count))];
    }

    internal override IEnumerable<(string Name, Tensor Values)> State =>
        Weights.SelectMany((w, i) => new[] { ("m." + w.Name, _first[i]), ("v." + w.Name, _second[i]) });

    public override void Update(double learningRate, double norm)
    {
        Updates++;
        while (_productOf < Updates)
        {
            _product *= Momentum(++_productOf); // also catches up after a resumed run
        }

        double ahead = Momentum(Updates + 1);
        var factors = new Factors
        {
            Clip = (float)ClipCoefficient(norm, _settings.ClipNorm),
            Keep = (float)(1 - (learningRate * _settings.WeightDecay)),
            GradientRate = (float)(learningRate * (1 - Momentum(Updates)) / (1 - _product)),
            MomentRate = (float)(learningRate * ahead / (1 - (_product * ahead))),
            SecondScale = (float)(1 / Math.Sqrt(1 - Math.Pow(_settings.Beta2, Updates))),
        };
        Pool.For(Pieces.Length, 1, new UpdateJob(this, factors));
        foreach (Weight weight in Weights)
        {
            weight.MarkChanged();
        }
    }

    private double Momentum(int step) => _settings.Beta1 * (1 - (0.5 * Math.Pow(0.96, step * _settings.MomentumDecay)));

    private struct Factors
    {
        public float Clip;
        public float Keep;
        public float GradientRate;
        public float MomentRate;
        public float SecondScale;
    }

    private readonly struct UpdateJob(NAdam owner, Factors factors) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Piece piece = owner.Pieces[i];
                Weight weight = owner.Weights[piece.Weight];
                Update(
                    weight.Floats + piece.From,
                    weight.Gradient!.Value.Data + piece.From,
                    owner._first[piece.Weight].Data + piece.From,
                    owner._second[piece.Weight].Data + piece.From,
                    piece.Count,
                    weight.IsVector ? 1 : factors.Keep);
            }
        }

        private void Update(float* p, float* g, float* m, float* v, int count, float keep)
        {
            (float b1, float c1) = ((float)owner._settings.Beta1, (float)(1 - owner._settings.Beta1));
            (float b2, float c2) = ((float)owner._settings.Beta2, (float)(1 - owner._settings.Beta2));
            float eps = (float)owner._settings.Eps;
            for (int i = 0; i < count; i++)
            {
                float gradient = g[i] * factors.Clip;
                m[i] = (b1 * m[i]) + (c1 * gradient);
                v[i] = (b2 * v[i]) + (c2 * gradient * gradient);
                float root = (MathF.Sqrt(v[i]) * factors.SecondScale) + eps;
                p[i] = (p[i] * keep) - (((factors.GradientRate * gradient) + (factors.MomentRate * m[i])) / root);
            }

            NativeMemory.Clear(g, (nuint)count * sizeof(float));
        }
    }
}
