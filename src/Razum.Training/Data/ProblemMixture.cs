using System.Globalization;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>Problems of several sources, each as often as its weight says; see <see cref="Shares"/>.</summary>
internal sealed class ProblemMixture : ProblemSource
{
    private readonly ProblemSource[] _parts;
    private readonly Shares _shares;

    /// <param name="parts">Sources and weights above 0, relative to each other.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <exception cref="InvalidDataException">There is no part, or a weight is too small beside the others to come even once in a thousand.</exception>
    public ProblemMixture(IReadOnlyList<(ProblemSource Source, double Weight)> parts, int seed)
    {
        _parts = [.. parts.Select(p => p.Source)];
        _shares = new Shares([.. parts.Select(p => p.Weight)], (ulong)seed);
    }

    public override string Fingerprint => "problems "
        + string.Join(' ', _shares.Counts.Zip(_parts, (count, part) => string.Create(CultureInfo.InvariantCulture, $"{count} ({part.Fingerprint})")));

    public override IEnumerable<Problem> Given => _parts.SelectMany(p => p.Given);

    public override DrawnProblem Get(long index, Func<ProceduralTask, int>? level = null)
    {
        (int part, long place) = _shares.Of(index);
        return _parts[part].Get(place, level);
    }

    /// <summary>Of all parts as many, as far as they have so many.</summary>
    public override IReadOnlyList<(string Family, Problem Problem)> HeldOut(int most) =>
        [.. _parts.SelectMany((p, i) => p.HeldOut(((i + 1) * most / _parts.Length) - (i * most / _parts.Length)))];
}
