using Razum.Tensors.Threading;

namespace Razum.Tensors.Machine;

/// <summary>Measures <see cref="MachinePeaks"/> of a number of threads, as often as asked; it holds the memory that is read.</summary>
public sealed class PeakMeter : IDisposable
{
    private readonly WorkerPool _pool;
    private readonly ReadBandwidth _memory;

    /// <param name="threads">How many threads; 0 means one per processor.</param>
    public PeakMeter(int threads)
    {
        _pool = new WorkerPool(threads > 0 ? threads : Environment.ProcessorCount);
        _memory = new ReadBandwidth(_pool);
    }

    /// <summary>All peaks, each the best of its windows.</summary>
    /// <param name="milliseconds">Time for reading, which varies most; each kind of products gets a third of it.</param>
    /// <param name="fourStreams">Whether reading four streams per thread is measured too.</param>
    public MachinePeaks Measure(double milliseconds, bool fourStreams = false) => new()
    {
        Threads = _pool.Threads,
        Float32 = MachinePeak.Measure(_pool, milliseconds / 3),
        BFloat16 = MachinePeak.Measure(_pool, milliseconds / 3, MachinePeak.MeasureBFloat16),
        Int8 = MachinePeak.Measure(_pool, milliseconds / 3, MachinePeak.MeasureInt8),
        ReadBandwidth = _memory.Best(milliseconds),
        ReadBandwidthOfFourStreams = fourStreams ? _memory.Best(milliseconds, streams: 4) : 0,
    };

    public void Dispose()
    {
        _memory.Dispose();
        _pool.Dispose();
    }
}
