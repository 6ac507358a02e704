using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Machine;

/// <summary>
/// How fast memory is read. Every thread of a pool walks a region of its own, far larger than the last-level cache, again and again; the bytes all of them
/// read in the same time count. What the regions hold is written once, so that they are pages of their own.
/// </summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    /// <summary>Values read before the clock is looked at.</summary>
    private const int Piece = 1 << 19;

    private const long LeastRegion = 128L << 20;
    private const int MostStreams = 4;
    private const int Windows = 3;

    private readonly WorkerPool _pool;
    private readonly float*[] _regions;
    private readonly long _length;

    /// <param name="pool">Threads to read with; not disposed here.</param>
    internal ReadBandwidth(WorkerPool pool)
    {
        _pool = pool;
        long wanted = Math.Max(LeastRegion, 4 * Processor.LastLevelCache / pool.Threads);
        long bytes = Math.Min(wanted, Math.Max(LeastRegion / 8, Processor.FreeMemory / 4 / pool.Threads));
        _length = bytes / sizeof(float) / (MostStreams * Piece) * (MostStreams * Piece);
        _regions = new float*[pool.Threads];
        for (int i = 0; i < _regions.Length; i++)
        {
            _regions[i] = (float*)NativeMemory.AlignedAlloc((nuint)(_length * sizeof(float)), 4096);
        }

        pool.For(_regions.Length, 1, new FillJob(this));
    }

    ~ReadBandwidth() => Free();

    /// <summary>Bytes per second of all threads together: the best of some windows.</summary>
    /// <param name="milliseconds">How long, all windows together.</param>
    /// <param name="streams">Places at which each thread reads at once: 1, or 4 for comparison.</param>
    internal double Best(double milliseconds, int streams = 1)
    {
        double best = 0;
        for (int i = 0; i < Windows; i++)
        {
            best = Math.Max(best, Measure(streams, milliseconds / Windows));
        }

        return best;
    }

    /// <summary>Bytes per second of all threads together.</summary>
    /// <param name="streams">Places at which each thread reads at once: 1, or 4 for comparison.</param>
    /// <param name="milliseconds">How long.</param>
    private double Measure(int streams, double milliseconds) => InstructionSets.Supported[^1] switch
    {
        InstructionSet.Avx512 or InstructionSet.Jit => Measure<Avx512, Vector512<float>>(streams, milliseconds),
        InstructionSet.Avx2 => Measure<Avx2, Vector256<float>>(streams, milliseconds),
        InstructionSet.Neon => Measure<Neon, Vector128<float>>(streams, milliseconds),
        _ => Measure<Scalar, float>(streams, milliseconds),
    };

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private double Measure<S, V>(int streams, double milliseconds)
        where S : struct, ISimd<V>
        where V : struct
    {
        double[] rates = new double[_regions.Length];
        _pool.For(_regions.Length, 1, new ReadJob<S, V>(this, streams, milliseconds, rates));
        return rates.Sum();
    }

    private void Free()
    {
        for (int i = 0; i < _regions.Length; i++)
        {
            NativeMemory.AlignedFree(_regions[i]);
            _regions[i] = null;
        }
    }

    /// <summary>The sum of <paramref name="count"/> values from each of four places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Sum<S, V>(float* a, float* b, float* c, float* d, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V w = S.Zero, x = S.Zero, y = S.Zero, z = S.Zero;
        for (int i = 0; i < count; i += S.Lanes)
        {
            w = S.Add(w, S.Load(a + i));
            x = S.Add(x, S.Load(b + i));
            y = S.Add(y, S.Load(c + i));
            z = S.Add(z, S.Load(d + i));
        }

        return S.Sum(S.Add(S.Add(w, x), S.Add(y, z)));
    }

    /// <summary>The same of one run of values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Sum<S, V>(float* values, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V w = S.Zero, x = S.Zero, y = S.Zero, z = S.Zero;
        for (int i = 0; i < count; i += 4 * S.Lanes)
        {
            w = S.Add(w, S.Load(values + i));
            x = S.Add(x, S.Load(values + i + S.Lanes));
            y = S.Add(y, S.Load(values + i + (2 * S.Lanes)));
            z = S.Add(z, S.Load(values + i + (3 * S.Lanes)));
        }

        return S.Sum(S.Add(S.Add(w, x), S.Add(y, z)));
    }

    private readonly struct FillJob(ReadBandwidth owner) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                for (long at = 0; at < owner._length; at += Piece)
                {
                    new Span<float>(owner._regions[i] + at, Piece).Fill(1);
                }
            }
        }
    }

    private readonly struct ReadJob<S, V>(ReadBandwidth owner, int streams, double milliseconds, double[] rates) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                rates[i] = Rate(owner._regions[i]);
            }
        }

        private double Rate(float* region)
        {
            long length = owner._length;
            long quarter = length / MostStreams;
            long at = 0;
            long values = 0;
            float sum = 0;
            TimeSpan elapsed;
            long start = Stopwatch.GetTimestamp();
            do
            {
                sum += streams == 1
                    ? Sum<S, V>(region + at, Piece)
                    : Sum<S, V>(region + at, region + at + quarter, region + at + (2 * quarter), region + at + (3 * quarter), Piece / MostStreams);
                at += streams == 1 ? Piece : Piece / MostStreams;
                at = at >= (streams == 1 ? length : quarter) ? 0 : at;
                values += Piece;
                elapsed = Stopwatch.GetElapsedTime(start);
            }
            while (elapsed.TotalMilliseconds < milliseconds);

            return sum > 0 ? values * sizeof(float) / elapsed.TotalSeconds : throw new InvalidOperationException("the memory read is not what was written");
        }
    }
}
