using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Muon in Moonlight's form (arXiv 2502.16982): a matrix moves along the orthogonal part of its momentum, so that all its directions learn equally fast.
/// <code>
/// g *= min(1, clip / (norm + 1e-6));  M = mu M + g;  U = g + mu M (Nesterov)
/// p = p (1 - lr wd) - lr 0.2 sqrt(max(rows, columns)) NewtonSchulz(U)
/// </code>
/// Embeddings, head and vectors are updated by <see cref="AdamW"/> at the same rate: the factor makes a step of both equally large.
/// </summary>
public sealed unsafe class Muon : Optimizer
{
    private static readonly string[] s_tables = ["embed_tokens.weight", "lm_head.weight"];

    private readonly MuonSettings _settings;
    private readonly AdamWSettings _shared;
    private readonly KernelTable _kernels;
    private readonly AdamW _others;
    private readonly Weight[] _matrices;
    private readonly Tensor[] _momentum;

    /// <param name="weights">What to train: F32 weights, as for every <see cref="Optimizer"/>.</param>
    /// <param name="ops">Kernels and threads to work with.</param>
    /// <param name="settings">Constants.</param>
    /// <param name="others">Constants of AdamW for all that is no hidden matrix; its decay and clip are those of all.</param>
    public Muon(IEnumerable<Weight> weights, CpuOps ops, MuonSettings settings, AdamWSettings others)
        : base(weights, ops.Pool)
    {
        (_settings, _shared, _kernels) = (settings, others, ops.Kernels);
        _matrices = [.. Weights.Where(IsHiddenMatrix).OrderByDescending(w => w.Count)]; // large ones first: threads end together
        _momentum = [.. _matrices.Select(w => Zeros(w.Count))];
        _others = new AdamW(Weights.Where(w => !IsHiddenMatrix(w)), ops.Pool, others);
    }

    public override int Updates
    {
        get => _others.Updates;
        internal set => _others.Updates = value;
    }

    internal override IEnumerable<(string Name, Tensor Values)> State =>
        _matrices.Select((w, i) => ("m." + w.Name, _momentum[i])).Concat(_others.State);

    public override void Update(double learningRate, double norm)
    {
        _others.Update(learningRate, norm);
        var job = new MatrixJob(this, (float)ClipCoefficient(norm, _shared.ClipNorm), learningRate);
        Pool.For(_matrices.Length, 1, job);
        foreach (Weight weight in _matrices)
        {
            weight.MarkChanged();
        }
    }

    private static bool IsHiddenMatrix(Weight weight) => !weight.IsVector && !s_tables.Any(t => weight.Name.EndsWith(t, StringComparison.Ordinal));

    private readonly struct MatrixJob(Muon owner, float clip, double learningRate) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Step(owner._matrices[i], owner._momentum[i].Data);
            }
        }

        private void Step(Weight weight, float* momentum)
        {
            float* p = weight.Floats;
            Tensor gradient = weight.Gradient!.Value; // becomes U, then its orthogonal part, then zero
            float* g = gradient.Data;
            float mu = (float)owner._settings.Momentum;
            for (long i = 0; i < weight.Count; i++)
            {
                float clipped = g[i] * clip;
                momentum[i] = (mu * momentum[i]) + clipped;
                g[i] = owner._settings.Nesterov ? clipped + (mu * momentum[i]) : momentum[i];
            }

            owner._kernels.NewtonSchulz(gradient, gradient);
            float keep = (float)(1 - (learningRate * owner._shared.WeightDecay));
            float rate = (float)(learningRate * owner._settings.Scale(weight.Rows, weight.Columns));
            for (long i = 0; i < weight.Count; i++)
            {
                p[i] = (p[i] * keep) - (rate * g[i]);
                g[i] = 0;
            }
        }
    }
}
