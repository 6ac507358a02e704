namespace Razum.Training.Data;

/// <summary>
/// Which part of a mixture an item comes from: of every thousand in a row each part has exactly its share, in an order that the seed fixes, and each part is
/// gone through in its own order. A pure function of the index.
/// </summary>
internal sealed class Shares
{
    private const int Block = 1000;

    private readonly (int Start, int Count)[] _parts;
    private readonly ulong _seed;

    /// <param name="weights">Above 0, relative to each other.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <exception cref="InvalidDataException">There is no part, or a weight is too small beside the others to come even once in a thousand.</exception>
    public Shares(IReadOnlyList<double> weights, ulong seed)
    {
        double total = weights.Sum();
        if (weights.Count == 0 || !double.IsFinite(total) || weights.Any(w => !(w > 0) || Block * w < total))
        {
            throw new InvalidDataException("a mixture needs parts whose weights are each at least a thousandth of their sum");
        }

        // Rounded borders of cumulative shares: the counts sum to the block.
        _seed = seed;
        _parts = new (int, int)[weights.Count];
        double sum = 0;
        int start = 0;
        for (int i = 0; i < weights.Count; i++)
        {
            sum += weights[i] / total;
            int end = i == weights.Count - 1 ? Block : (int)Math.Floor((Block * sum) + 0.5);
            _parts[i] = (start, end - start);
            start = end;
        }
    }

    /// <summary>How many of a thousand each part has.</summary>
    public IEnumerable<int> Counts => _parts.Select(p => p.Count);

    /// <summary>The part of item <paramref name="index"/>, and its number there.</summary>
    public (int Part, long Index) Of(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        (long block, long place) = Math.DivRem(index, Block);
        long slot = Shuffle.Permute(place, Block, Shuffle.Hash(_seed, (ulong)block));
        int part = Array.FindIndex(_parts, p => slot < p.Start + p.Count);
        return (part, (block * _parts[part].Count) + slot - _parts[part].Start);
    }
}
