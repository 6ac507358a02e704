using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Another optimiser, beside which an average of the weights is kept: smoother than any single step, often better, and free of a decaying rate.
/// Training goes on with the weights themselves; <see cref="Exchange"/> puts the average in their place for as long as it is looked at.
/// </summary>
public sealed unsafe class AveragedOptimizer : Optimizer
{
    private readonly Optimizer _inner;
    private readonly AverageSettings _settings;
    private readonly Tensor[] _averages;

    /// <param name="inner">Makes the updates; belongs to this object from now on.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Kind of average.</param>
    public AveragedOptimizer(Optimizer inner, WorkerPool pool, AverageSettings settings)
        : base(inner.Weights, pool)
    {
        (_inner, _settings) = (inner, settings);
        _averages = [.. Weights.Select(w => Zeros(w.Count))];
    }

    public override int Updates
    {
        get => _inner.Updates;
        internal set => _inner.Updates = value;
    }

    /// <summary>Whether there is an average yet.</summary>
    public bool HasAverage => Updates > _settings.After;

    internal override IEnumerable<(string Name, Tensor Values)> State => _inner.State.Concat(Weights.Select((w, i) => ("average." + w.Name, _averages[i])));

    public override void Update(double learningRate, double norm)
    {
        _inner.Update(learningRate, norm);
        if (HasAverage)
        {
            Pool.For(Pieces.Length, 1, new AverageJob(this, (float)_settings.Share(Updates - _settings.After)));
        }
    }

    /// <summary>Exchanges weights and averages; a second call undoes the first.</summary>
    /// <exception cref="InvalidOperationException">There is no average yet.</exception>
    public void Exchange()
    {
        if (!HasAverage)
        {
            throw new InvalidOperationException($"the average begins after {_settings.After} updates");
        }

        for (int i = 0; i < _averages.Length; i++)
        {
            float* weights = Weights[i].Floats;
            float* averages = _averages[i].Data;
            for (long j = 0; j < Weights[i].Count; j++)
            {
                (weights[j], averages[j]) = (averages[j], weights[j]);
            }

            Weights[i].MarkChanged();
        }
    }

    private readonly struct AverageJob(AveragedOptimizer owner, float share) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Piece piece = owner.Pieces[i];
                float* weights = owner.Weights[piece.Weight].Floats + piece.From;
                float* averages = owner._averages[piece.Weight].Data + piece.From;
                for (int j = 0; j < piece.Count; j++)
                {
                    averages[j] += share * (weights[j] - averages[j]);
                }
            }
        }
    }
}
