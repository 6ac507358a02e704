namespace Razum.Training.Data.Samples;

/// <summary>Which samples are kept to train on.</summary>
public sealed record RejectionOptions
{
    /// <summary>The most samples of one problem; 0 keeps all.</summary>
    public int MostPerProblem { get; init; }

    /// <summary>Of the samples of a problem the shortest first; otherwise the first drawn.</summary>
    public bool Shortest { get; init; }

    /// <summary>Leaves out samples that answer without thinking.</summary>
    public bool ThinkingOnly { get; init; }

    /// <summary>Keeps wrong answers like right ones: what a model becomes that learns from its own unverified output.</summary>
    public bool Unverified { get; init; }

    /// <summary>Keeps only problems whose share of correct samples is at most this: what is always solved teaches little.</summary>
    public double HighestPassRate { get; init; } = 1;
}
