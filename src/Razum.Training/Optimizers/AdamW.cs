using System.Numerics;
using System.Runtime.InteropServices;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// AdamW (arXiv 1711.05101) over F32 weights, in one pass: clip, moments, decay, step, and clearing of the gradient for the next step.
/// <code>
/// g *= min(1, clip / (norm + 1e-6))
/// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
/// p *= 1 - lr wd (matrices only);  p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
/// </code>
/// A weight without gradient (an expert that saw no token) still decays. With AMSGrad, v in the last line is the largest v so far.
/// </summary>
public sealed unsafe class AdamW : Optimizer
{
    private readonly AdamWSettings _settings;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;
    private readonly Tensor[] _largest; // of AMSGrad, else empty

    /// <param name="weights">What to train: F32 weights, as for every <see cref="Optimizer"/>.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Constants.</param>
    public AdamW(IEnumerable<Weight> weights, WorkerPool pool, AdamWSettings settings)
        : base(weights, pool)
    {
        _settings = settings;
        _first = [.. Weights.Select(w => Zeros(w.Count))];
        _second = [.. Weights.Select(w => Zeros(w.Count))];
        _largest = settings.AmsGrad ? [.. Weights.Select(w => Zeros(w.Count))] : [];
    }

    internal override IEnumerable<(string Name, Tensor Values)> State =>
        Weights.SelectMany((w, i) => new[] { ("m." + w.Name, _first[i]), ("v." + w.Name, _second[i]) })
            .Concat(_largest.Select((t, i) => ("x." + Weights[i].Name, t)));

    public override void Update(double learningRate, double norm)
    {
        Updates++;
        var factors = new Factors
        {
            Clip = (float)ClipCoefficient(norm, _settings.ClipNorm),
            Beta1 = (float)_settings.Beta1,
            OneMinusBeta1 = (float)(1 - _settings.Beta1),
            Beta2 = (float)_settings.Beta2,
            OneMinusBeta2 = (float)(1 - _settings.Beta2),
            Eps = (float)_settings.Eps,
            Keep = (float)(1 - (learningRate * _settings.WeightDecay)),
            Rate = (float)(learningRate / (1 - Math.Pow(_settings.Beta1, Updates))),
            SecondScale = (float)(1 / Math.Sqrt(1 - Math.Pow(_settings.Beta2, Updates))),
        };
        Pool.For(Pieces.Length, 1, new UpdateJob(this, factors));
        foreach (Weight weight in Weights)
        {
            weight.MarkChanged();
        }
    }

    /// <summary>The update of one piece. Vector lanes and the scalar rest use the same operations, none of them fused.</summary>
    private static void Update(float* p, float* g, float* m, float* v, float* x, int count, in Factors f, bool decays)
    {
        int width = Vector<float>.Count;
        float keep = decays ? f.Keep : 1;
        var eps = new Vector<float>(f.Eps);
        int i = 0;
        for (; i <= count - width; i += width)
        {
            Vector<float> gradient = Vector.Load(g + i) * f.Clip;
            Vector<float> first = (Vector.Load(m + i) * f.Beta1) + (gradient * f.OneMinusBeta1);
            Vector<float> second = (Vector.Load(v + i) * f.Beta2) + (gradient * gradient * f.OneMinusBeta2);
            Vector<float> largest = second;
            if (x != null)
            {
                largest = Vector.Max(second, Vector.Load(x + i));
                Vector.Store(largest, x + i);
            }

            Vector<float> step = first * f.Rate / ((Vector.SquareRoot(largest) * f.SecondScale) + eps);
            Vector.Store(first, m + i);
            Vector.Store(second, v + i);
            Vector.Store((Vector.Load(p + i) * keep) - step, p + i);
        }

        for (; i < count; i++)
        {
            float gradient = g[i] * f.Clip;
            m[i] = (m[i] * f.Beta1) + (gradient * f.OneMinusBeta1);
            v[i] = (v[i] * f.Beta2) + (gradient * gradient * f.OneMinusBeta2);
            float largest = x == null ? v[i] : x[i] = MathF.Max(v[i], x[i]);
            p[i] = (p[i] * keep) - (m[i] * f.Rate / ((MathF.Sqrt(largest) * f.SecondScale) + f.Eps));
        }

        NativeMemory.Clear(g, (nuint)count * sizeof(float));
    }

    private struct Factors
    {
        public float Clip;
        public float Beta1;
        public float OneMinusBeta1;
        public float Beta2;
        public float OneMinusBeta2;
        public float Eps;
        public float Keep;
        public float Rate;
        public float SecondScale;
    }

    private readonly struct UpdateJob(AdamW owner, Factors factors) : IRangeJob
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
                    owner._settings.AmsGrad ? owner._largest[piece.Weight].Data + piece.From : null,
                    piece.Count,
                    factors,
                    !weight.IsVector);
            }
        }
    }
}
