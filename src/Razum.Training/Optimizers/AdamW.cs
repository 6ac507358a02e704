using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
/// A weight used in several places (tied embeddings, the shared head of a prediction layer) is one weight: it counts once. A weight without
/// gradient (an expert that saw no token) still decays. The balancing bias of a router is never trained here: <see cref="LoadBalance"/> moves it.
/// </summary>
/// <remarks>Every value has its own arithmetic, and the norm is summed over fixed pieces in a fixed order: bits do not depend on threads.</remarks>
public sealed unsafe class AdamW : IDisposable
{
    private const int PieceLength = 1 << 14;
    private const string BalancingBias = "e_score_correction_bias";

    private readonly WorkerPool _pool;
    private readonly AdamWSettings _settings;
    private readonly Weight[] _weights;
    private readonly Piece[] _pieces;
    private readonly double[] _sums;
    private readonly nint[] _first;
    private readonly nint[] _second;

    /// <param name="weights">What to train: F32 weights. Repeated ones and balancing biases are left out. Their gradients are turned on.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <param name="settings">Constants.</param>
    public AdamW(IEnumerable<Weight> weights, WorkerPool pool, AdamWSettings settings)
    {
        _pool = pool;
        _settings = settings;
        _weights = weights.Distinct().Where(w => !w.Name.EndsWith(BalancingBias, StringComparison.Ordinal)).ToArray();
        _first = new nint[_weights.Length];
        _second = new nint[_weights.Length];
        List<Piece> pieces = [];
        for (int i = 0; i < _weights.Length; i++)
        {
            Weight weight = _weights[i];
            if (weight.Format != WeightFormat.F32)
            {
                throw new ArgumentException($"{weight.Name} is {weight.Format}; only F32 weights can be trained", nameof(weights));
            }

            weight.EnableGradient();
            _first[i] = Zeros(weight.Count);
            _second[i] = Zeros(weight.Count);
            for (long at = 0; at < weight.Count; at += PieceLength)
            {
                pieces.Add(new Piece(i, at, (int)Math.Min(PieceLength, weight.Count - at)));
            }
        }

        _pieces = [.. pieces];
        _sums = new double[_pieces.Length];
    }

    /// <summary>The trained weights, each once.</summary>
    public IReadOnlyList<Weight> Weights => _weights;

    /// <summary>Updates made so far; t of the bias correction.</summary>
    public int Updates { get; internal set; }

    /// <summary>min(1, clip / (norm + 1e-6))</summary>
    public static double ClipCoefficient(double norm, double clipNorm) => Math.Min(1, clipNorm / (norm + 1e-6));

    /// <summary>L2 norm of all gradients together, summed in double.</summary>
    public double GradientNorm()
    {
        _pool.For(_pieces.Length, 1, new NormJob(this));
        double sum = 0;
        foreach (double piece in _sums)
        {
            sum += piece;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>One update with gradients of global norm <paramref name="norm"/>; leaves the gradients zero.</summary>
    public void Update(double learningRate, double norm)
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
        _pool.For(_pieces.Length, 1, new UpdateJob(this, factors));
        foreach (Weight weight in _weights)
        {
            weight.MarkChanged();
        }
    }

    /// <summary>m of weight <paramref name="index"/>, for checkpoints.</summary>
    public Span<float> FirstMoment(int index) => new((float*)_first[index], checked((int)_weights[index].Count));

    /// <summary>v of weight <paramref name="index"/>, for checkpoints.</summary>
    public Span<float> SecondMoment(int index) => new((float*)_second[index], checked((int)_weights[index].Count));

    public void Dispose()
    {
        for (int i = 0; i < _weights.Length; i++)
        {
            NativeMemory.AlignedFree((void*)_first[i]);
            NativeMemory.AlignedFree((void*)_second[i]);
            (_first[i], _second[i]) = (0, 0);
        }
    }

    private static nint Zeros(long count)
    {
        void* data = NativeMemory.AlignedAlloc((nuint)(count * sizeof(float)), 64);
        NativeMemory.Clear(data, (nuint)(count * sizeof(float)));
        return (nint)data;
    }

    /// <summary>Sum of squares with eight running sums in double, whatever the processor.</summary>
    private static double SumOfSquares(float* values, int count)
    {
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = Vector256<double>.Zero;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(values + i));
            low += a * a;
            high += b * b;
        }

        double sum = Vector256.Sum(low + high);
        for (; i < count; i++)
        {
            sum += (double)values[i] * values[i];
        }

        return sum;
    }

    /// <summary>The update of one piece. Vector lanes and the scalar rest use the same operations, none of them fused.</summary>
    private static void Update(float* p, float* g, float* m, float* v, int count, in Factors f, bool decays)
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
            Vector<float> step = first * f.Rate / ((Vector.SquareRoot(second) * f.SecondScale) + eps);
            Vector.Store(first, m + i);
            Vector.Store(second, v + i);
            Vector.Store((Vector.Load(p + i) * keep) - step, p + i);
        }

        for (; i < count; i++)
        {
            float gradient = g[i] * f.Clip;
            m[i] = (m[i] * f.Beta1) + (gradient * f.OneMinusBeta1);
            v[i] = (v[i] * f.Beta2) + (gradient * gradient * f.OneMinusBeta2);
            p[i] = (p[i] * keep) - (m[i] * f.Rate / ((MathF.Sqrt(v[i]) * f.SecondScale) + f.Eps));
        }

        NativeMemory.Clear(g, (nuint)count * sizeof(float));
    }

    private readonly record struct Piece(int Weight, long From, int Count);

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

    private readonly struct NormJob(AdamW owner) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Piece piece = owner._pieces[i];
                owner._sums[i] = SumOfSquares(owner._weights[piece.Weight].Gradient!.Value.Data + piece.From, piece.Count);
            }
        }
    }

    private readonly struct UpdateJob(AdamW owner, Factors factors) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Piece piece = owner._pieces[i];
                Weight weight = owner._weights[piece.Weight];
                Update(
                    weight.Floats + piece.From,
                    weight.Gradient!.Value.Data + piece.From,
                    (float*)owner._first[piece.Weight] + piece.From,
                    (float*)owner._second[piece.Weight] + piece.From,
                    piece.Count,
                    factors,
                    !weight.IsVector);
            }
        }
    }
}
