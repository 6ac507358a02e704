using System.Globalization;

namespace Razum.Training.Data.Samples;

/// <summary>What became of the samples; each is counted once, for the first reason that it was left out.</summary>
public sealed record RejectionReport
{
    /// <summary>Samples given.</summary>
    public int Given { get; init; }

    /// <summary>Of problems that are solved too often.</summary>
    public int Easy { get; init; }

    /// <summary>Not correct.</summary>
    public int NotCorrect { get; init; }

    /// <summary>Correct, but a person would not want to read it.</summary>
    public int Unreadable { get; init; }

    /// <summary>Answered without thinking, where thinking is wanted.</summary>
    public int Thoughtless { get; init; }

    /// <summary>The same text as another sample of the problem.</summary>
    public int Repeated { get; init; }

    /// <summary>More than are wanted of a problem.</summary>
    public int Surplus { get; init; }

    /// <summary>Samples left.</summary>
    public int Kept { get; init; }

    /// <summary>Problems with at least one sample left, of all.</summary>
    public (int Kept, int All) Problems { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kept} of {Given} samples kept, of {Problems.Kept} of {Problems.All} problems; left out: {NotCorrect} not correct, {Unreadable} unreadable, "
        + $"{Thoughtless} without thinking, {Repeated} repeated, {Surplus} more than wanted, {Easy} of problems solved too often");
}
