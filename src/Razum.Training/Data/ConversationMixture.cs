using System.Globalization;

namespace Razum.Training.Data;

/// <summary>
/// Conversations of several sources, each as often as its weight says: of every thousand in a row exactly that share, in an order that the seed fixes.
/// Conversation i is a function of (part, i) alone, and each source is gone through in its own order.
/// </summary>
public sealed class ConversationMixture : ConversationSource
{
    private const int Block = 1000;

    private readonly (ConversationSource Source, int Start, int Count)[] _parts;
    private readonly ulong _seed;

    /// <param name="parts">Sources and weights above 0, relative to each other.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <exception cref="InvalidDataException">There is no part, or a weight is too small beside the others to come even once in a thousand.</exception>
    public ConversationMixture(IReadOnlyList<(ConversationSource Source, double Weight)> parts, int seed)
    {
        double total = parts.Sum(p => p.Weight);
        if (parts.Count == 0 || !double.IsFinite(total) || parts.Any(p => !(p.Weight > 0) || Block * p.Weight < total))
        {
            throw new InvalidDataException("a mixture needs parts whose weights are each at least a thousandth of their sum");
        }

        // Rounded borders of cumulative shares: the counts sum to the block.
        _seed = (ulong)seed;
        _parts = new (ConversationSource, int, int)[parts.Count];
        double sum = 0;
        int start = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            sum += parts[i].Weight / total;
            int end = i == parts.Count - 1 ? Block : (int)Math.Floor((Block * sum) + 0.5);
            _parts[i] = (parts[i].Source, start, end - start);
            start = end;
        }

        Fingerprint = "mixture " + string.Join(' ', _parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Count} ({p.Source.Fingerprint})")));
    }

    public override string Fingerprint { get; }

    public override Conversation Get(Split split, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        (long block, long place) = Math.DivRem(index, Block);
        long slot = Shuffle.Permute(place, Block, Shuffle.Hash(_seed, (ulong)block));
        (ConversationSource source, int start, int count) = _parts.First(p => slot < p.Start + p.Count);
        return source.Get(split, (block * count) + slot - start);
    }
}
