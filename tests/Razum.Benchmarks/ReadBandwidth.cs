using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>How fast the threads of a pool read memory that no cache holds: one sequential stream each.</summary>
internal sealed unsafe class ReadBandwidth : IDisposable
{
    private const long Bytes = 1L << 28;
    private const int Passes = 4;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);

    internal ReadBandwidth() => new Span<byte>(_memory, (int)Bytes).Fill(1);

    /// <summary>Bytes per second of all threads together: the best of some passes over 256 MB.</summary>
    internal double Measure(WorkerPool pool)
    {
        double best = 0;
        for (int pass = 0; pass < Passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            pool.For(pool.Threads, 1, new ReadJob(_memory, Bytes / pool.Threads));
            best = Math.Max(best, Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private readonly struct ReadJob(byte* memory, long bytes) : IRangeJob
    {
        private static long s_sink;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                byte* p = memory + (i * bytes);
                Vector512<long> a = default, b = default, c = default, d = default;
                for (byte* end = p + bytes; p < end; p += 256)
                {
                    a ^= Vector512.Load((long*)p);
                    b ^= Vector512.Load((long*)(p + 64));
                    c ^= Vector512.Load((long*)(p + 128));
                    d ^= Vector512.Load((long*)(p + 192));
                }

                Volatile.Write(ref s_sink, Vector512.Sum(a ^ b ^ c ^ d));
            }
        }
    }
}
