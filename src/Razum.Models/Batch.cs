using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// The tokens of many sequences, packed: all rows of all sequences in one matrix, with their bounds and no padding. Training, prefill, chunked prefill,
/// decoding and verification are batches of different shape. Reusable: <see cref="Clear"/> keeps the buffers.
/// </summary>
public sealed class Batch
{
    private int[] _tokens = new int[64];
    private int[] _positions = new int[64];
    private Segment[] _segments = new Segment[4];
    private Segment[] _expanded = new Segment[4];
    private int _segmentCount;

    /// <summary>T, the number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Token of every row.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>Position of every row in its sequence.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    /// <summary>The rows of every sequence.</summary>
    public ReadOnlySpan<Segment> Segments => _segments.AsSpan(0, _segmentCount);

    /// <summary>The same sequences when their keys, cached ones included, stand packed in one tensor (see <see cref="Ops.Recall"/>).</summary>
    public ReadOnlySpan<Segment> ExpandedSegments => _expanded.AsSpan(0, _segmentCount);

    /// <summary>The rows of every adapter.</summary>
    public AdaptedRows Adapted { get; } = new();

    /// <summary>The rows of every adapter among <see cref="ExpandedSegments"/>' keys.</summary>
    public AdaptedRows AdaptedKeys { get; } = new();

    /// <summary>The experts that the rows go to, one row of them for each; null for those that the routers choose.</summary>
    public RoutedExperts? Experts { get; set; }

    /// <summary>Adds rows of a sequence. With a cache they continue what it holds; a cache may stand only once in a batch.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="cache">What the sequence has stored; null for nothing.</param>
    /// <param name="adapter">Number of the adapter that the rows have, where the model has one of that number; below 0 for none.</param>
    public void Add(ReadOnlySpan<int> tokens, KeyValueCache? cache = null, int adapter = 0)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("a sequence in a batch needs at least one token", nameof(tokens));
        }

        if (Count + tokens.Length > _tokens.Length)
        {
            int size = Math.Max(_tokens.Length * 2, Count + tokens.Length);
            Array.Resize(ref _tokens, size);
            Array.Resize(ref _positions, size);
        }

        if (_segmentCount == _segments.Length)
        {
            Array.Resize(ref _segments, _segmentCount * 2);
            Array.Resize(ref _expanded, _segmentCount * 2);
        }

        int past = cache is null ? 0 : cache.Length - cache.First;
        tokens.CopyTo(_tokens.AsSpan(Count));
        for (int i = 0; i < tokens.Length; i++)
        {
            _positions[Count + i] = past + i;
        }

        int keys = _segmentCount == 0 ? 0 : _expanded[_segmentCount - 1].KeyStart + _expanded[_segmentCount - 1].KeyCount;
        _segments[_segmentCount] = new Segment(Count, tokens.Length, Count, tokens.Length, cache);
        _expanded[_segmentCount] = new Segment(Count, tokens.Length, keys, past + tokens.Length, null);
        Adapted.Add(adapter, tokens.Length);
        AdaptedKeys.Add(adapter, past + tokens.Length);
        _segmentCount++;
        Count += tokens.Length;
    }

    /// <summary>Keeps in every cache what a forward pass has stored there. Call it once, after the pass.</summary>
    public void Commit()
    {
        foreach (Segment segment in Segments)
        {
            segment.Cache?.Advance(segment.Count);
        }
    }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Array.Clear(_segments, 0, _segmentCount);
        Array.Clear(_expanded, 0, _segmentCount);
        Adapted.Clear();
        AdaptedKeys.Clear();
        (Count, _segmentCount, Experts) = (0, 0, null);
    }
}
