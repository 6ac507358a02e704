using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Training.Optimizers;

/// <summary>
/// Turns gradients into new F32 weights. A weight used in several places (tied embeddings, the shared head of a prediction layer) is one weight: it counts
/// once. The balancing bias of a router is never trained here: <see cref="LoadBalance"/> moves it. Nor is the indexer of sparse attention: what it chooses
/// has no gradient, and decay alone would wear it away.
/// </summary>
/// <remarks>Every value has its own arithmetic, and sums run over fixed pieces in a fixed order: bits do not depend on threads.</remarks>
public abstract unsafe class Optimizer : IDisposable
{
    private const int PieceLength = 1 << 14;
    private const string BalancingBias = "e_score_correction_bias";
    private const string Indexer = ".indexer.";

    private readonly Weight[] _weights;
    private readonly double[] _sums;
    private bool _disposed;

    /// <param name="weights">What to train: F32 weights. Repeated ones, balancing biases and indexers are left out. Their gradients are turned on.</param>
    /// <param name="pool">Threads to work with.</param>
    /// <exception cref="ArgumentException">A weight is not F32.</exception>
    protected Optimizer(IEnumerable<Weight> weights, WorkerPool pool)
    {
        Pool = pool;
        _weights = weights.Distinct().Where(IsTrained).ToArray();
        List<Piece> pieces = [];
        for (int i = 0; i < _weights.Length; i++)
        {
            Weight weight = _weights[i];
            if (weight.Format != WeightFormat.F32)
            {
                throw new ArgumentException($"{weight.Name} is {weight.Format}; only F32 weights can be trained", nameof(weights));
            }

            weight.EnableGradient();
            for (long at = 0; at < weight.Count; at += PieceLength)
            {
                pieces.Add(new Piece(i, at, (int)Math.Min(PieceLength, weight.Count - at)));
            }
        }

        Pieces = [.. pieces];
        _sums = new double[Pieces.Length];
    }

    /// <summary>The trained weights, each once.</summary>
    public IReadOnlyList<Weight> Weights => _weights;

    /// <summary>Updates made so far.</summary>
    public virtual int Updates { get; internal set; }

    /// <summary>Everything an interrupted run needs besides the weights, by name (<c>m.NAME</c>, <c>v.NAME</c>). One row each.</summary>
    internal abstract IEnumerable<(string Name, Tensor Values)> State { get; }

    private protected WorkerPool Pool { get; }

    private protected Piece[] Pieces { get; }

    private static bool IsTrained(Weight weight) =>
        !weight.Name.EndsWith(BalancingBias, StringComparison.Ordinal) && !weight.Name.Contains(Indexer, StringComparison.Ordinal);

    /// <summary>min(1, clip / (norm + 1e-6))</summary>
    public static double ClipCoefficient(double norm, double clipNorm) => Math.Min(1, clipNorm / (norm + 1e-6));

    /// <summary>L2 norm of all gradients together, summed in double.</summary>
    public double GradientNorm()
    {
        Pool.For(Pieces.Length, 1, new NormJob(this));
        double sum = 0;
        foreach (double piece in _sums)
        {
            sum += piece;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>One update with gradients of global norm <paramref name="norm"/>; leaves the gradients zero.</summary>
    public abstract void Update(double learningRate, double norm);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach ((_, Tensor values) in State)
        {
            NativeMemory.AlignedFree(values.Data);
        }

        GC.SuppressFinalize(this);
    }

    private protected static Tensor Zeros(long count)
    {
        void* data = NativeMemory.AlignedAlloc((nuint)(count * sizeof(float)), 64);
        NativeMemory.Clear(data, (nuint)(count * sizeof(float)));
        int columns = checked((int)count);
        return new Tensor((float*)data, 1, columns, columns);
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

    /// <summary>Part of a weight that one thread updates.</summary>
    private protected readonly record struct Piece(int Weight, long From, int Count);

    private readonly struct NormJob(Optimizer owner) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Piece piece = owner.Pieces[i];
                owner._sums[i] = SumOfSquares(owner._weights[piece.Weight].Gradient!.Value.Data + piece.From, piece.Count);
            }
        }
    }
}
