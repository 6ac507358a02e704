namespace Razum.Training.Loop;

/// <summary>What a measurement on held-out data gave.</summary>
public sealed record HeldOut
{
    /// <summary>Mean cross-entropy of the next token, nats, or mean loss of pairs of answers; null when answers were judged instead.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of greedy answers that were right, averaged over families, or of pairs of answers in the right order; null where only the loss was measured.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Mean tokens of those answers; null where none were sampled.</summary>
    public double? Length { get; init; }

    /// <summary>Chosen less rejected reward of pairs of answers; null where there are no pairs.</summary>
    public double? Margin { get; init; }

    /// <summary>Accuracy of every family.</summary>
    public IReadOnlyList<(string Family, double Accuracy)> Families { get; init; } = [];

    /// <summary>The first answer, always to the same problem; null when the loss was measured.</summary>
    public PolicyExample? Example { get; init; }

    /// <summary>What decides which model is kept as the best: larger is better.</summary>
    public double Score => Loss is { } loss ? -loss : Accuracy!.Value;
}
