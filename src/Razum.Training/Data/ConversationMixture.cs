using System.Globalization;

namespace Razum.Training.Data;

/// <summary>Conversations of several sources, each as often as its weight says; see <see cref="Shares"/>. Conversation i is a function of (part, i) alone.</summary>
public sealed class ConversationMixture : ConversationSource
{
    private readonly ConversationSource[] _parts;
    private readonly Shares _shares;

    /// <param name="parts">Sources and weights above 0, relative to each other.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <exception cref="InvalidDataException">There is no part, or a weight is too small beside the others to come even once in a thousand.</exception>
    public ConversationMixture(IReadOnlyList<(ConversationSource Source, double Weight)> parts, int seed)
    {
        _parts = [.. parts.Select(p => p.Source)];
        _shares = new Shares([.. parts.Select(p => p.Weight)], (ulong)seed);
        Fingerprint = "mixture "
            + string.Join(' ', _shares.Counts.Zip(_parts, (count, part) => string.Create(CultureInfo.InvariantCulture, $"{count} ({part.Fingerprint})")));
    }

    public override string Fingerprint { get; }

    public override Conversation Get(Split split, long index)
    {
        (int part, long place) = _shares.Of(index);
        return _parts[part].Get(split, place);
    }
}
