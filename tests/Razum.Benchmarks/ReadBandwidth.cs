using System.Runtime.InteropServices;
using Razum.Tensors;
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
            best = Math.Max(best, MachineBandwidth.Measure(pool, _memory, Bytes));
        }

        return best;
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
