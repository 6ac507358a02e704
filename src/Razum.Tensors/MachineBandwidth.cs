using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>How fast memory is read: every thread of a pool walks through its own part from beginning to end, one sequential stream each.</summary>
internal static unsafe class MachineBandwidth
{
    /// <summary>Bytes per second of one pass over <paramref name="memory"/>, whose size should be far above that of the caches.</summary>
    internal static double Measure(WorkerPool pool, byte* memory, long bytes)
    {
        long start = Stopwatch.GetTimestamp();
        pool.For(pool.Threads, 1, new ReadJob(memory, bytes / pool.Threads / 256 * 256));
        return bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private readonly struct ReadJob(byte* memory, long bytes) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Read(memory + (i * bytes), bytes);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static ulong Read(byte* memory, long bytes)
        {
            Vector512<ulong> a = default, b = default, c = default, d = default;
            for (byte* end = memory + bytes; memory < end; memory += 256)
            {
                a ^= Vector512.Load((ulong*)memory);
                b ^= Vector512.Load((ulong*)(memory + 64));
                c ^= Vector512.Load((ulong*)(memory + 128));
                d ^= Vector512.Load((ulong*)(memory + 192));
            }

            return Vector512.Sum(a ^ b ^ c ^ d);
        }
    }
}
