using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference.Measures;

/// <summary>
/// A model that reads one window of a text after the other, each in pieces through its cache: the bits are those of the whole window at once, and memory does not
/// grow with it.
/// </summary>
internal sealed class WindowReader : IDisposable
{
    /// <summary>Tokens of a piece, as many as an engine reads of prompts in a step.</summary>
    public const int Piece = 512;

    private readonly Decoder _decoder;
    private readonly KeyValueCache _cache;
    private readonly Batch _batch = new();

    /// <param name="decoder">The model.</param>
    /// <param name="length">Tokens of the longest window.</param>
    /// <param name="threads">Threads to compute with; 0 means one per processor.</param>
    /// <param name="arithmetic">What matrix products are computed in.</param>
    public WindowReader(Decoder decoder, int length, int threads, Arithmetic arithmetic)
    {
        _decoder = decoder;
        _cache = decoder.CreateCache(length);
        Ops = new CpuOps(threads, null, arithmetic);
    }

    public CpuOps Ops { get; }

    /// <summary>The output projection. [V, D]</summary>
    public Weight Head => _decoder.Head;

    /// <summary>Begins a window.</summary>
    public void Begin() => _cache.Truncate(0);

    /// <summary>Hidden states of the next tokens of the window. [T, D]; valid until the next call.</summary>
    public Tensor Next(ReadOnlySpan<int> tokens)
    {
        Ops.Arena.Reset();
        _batch.Clear();
        _batch.Add(tokens, _cache);
        Tensor hidden = _decoder.Forward(Ops, _batch);
        _batch.Commit();
        return hidden;
    }

    public void Dispose()
    {
        _cache.Dispose();
        Ops.Dispose();
    }
}
