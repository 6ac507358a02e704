using System.Globalization;

namespace Razum.Training.Data.Samples;

/// <summary>What became of samples that were made into pairs.</summary>
public sealed record PairReport
{
    /// <summary>Pairs made.</summary>
    public int Pairs { get; init; }

    /// <summary>Problems with at least one pair, of all.</summary>
    public (int Kept, int All) Problems { get; init; }

    /// <summary>Problems without a sample that is good enough to be chosen.</summary>
    public int NothingToChoose { get; init; }

    /// <summary>Problems without a sample to reject.</summary>
    public int NothingToReject { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Pairs} pairs of {Problems.Kept} of {Problems.All} problems; {NothingToChoose} have no answer to choose, {NothingToReject} none to reject");
}
