using System.Runtime.InteropServices;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Gradient descent with momentum: one state value per weight, the plainest baseline.
/// <code>
/// g *= min(1, clip / (norm + 1e-6));  g += wd p (matrices only);  m = mu m + g
/// p -= lr (g + mu m) with Nesterov, else lr m
/// </code>
/// </summary>
public sealed unsafe class Sgd : Optimizer
{
    private readonly SgdSettings _settings;
    private readonly Tensor[] _momentum;

    /// <param name="weights">What to train: F32 weights, as for every <see cref="Optimizer"/>.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Constants.</param>
    public Sgd(IEnumerable<Weight> weights, WorkerPool pool, SgdSettings settings)
        : base(weights, pool)
    {
        _settings = settings;
        _momentum = [.. Weights.Select(w => Zeros(w.Count))];
    }

    internal override IEnumerable<(string Name, Tensor Values)> State => Weights.Select((w, i) => ("m." + w.Name, _momentum[i]));

    public override void Update(double learningRate, double norm)
    {
        Updates++;
        Pool.For(Pieces.Length, 1, new UpdateJob(this, (float)ClipCoefficient(norm, _settings.ClipNorm), (float)learningRate));
        foreach (Weight weight in Weights)
        {
            weight.MarkChanged();
        }
    }

    private readonly struct UpdateJob(Sgd owner, float clip, float rate) : IRangeJob
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
                    owner._momentum[piece.Weight].Data + piece.From,
                    piece.Count,
                    weight.IsVector ? 0 : (float)owner._settings.WeightDecay);
            }
        }

        private void Update(float* p, float* g, float* m, int count, float decay)
        {
            float mu = (float)owner._settings.Momentum;
            for (int i = 0; i < count; i++)
            {
                float gradient = (g[i] * clip) + (decay * p[i]);
                m[i] = (mu * m[i]) + gradient;
                p[i] -= rate * (owner._settings.Nesterov ? gradient + (mu * m[i]) : m[i]);
            }

            NativeMemory.Clear(g, (nuint)count * sizeof(float));
        }
    }
}
