namespace Razum.Training.Loop;

/// <summary>What a measurement on held-out data gave.</summary>
public sealed record HeldOut
{
    /// <summary>Mean cross-entropy of the next token, nats; null when answers were judged instead.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of greedy answers that were right, averaged over families; null when the loss was measured instead.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Mean tokens of those answers.</summary>
    public double? Length { get; init; }

    /// <summary>Accuracy of every family.</summary>
    public IReadOnlyList<(string Family, double Accuracy)> Families { get; init; } = [];

    /// <summary>The first answer, always to the same problem; null when the loss was measured.</summary>
    public PolicyExample? Example { get; init; }

    /// <summary>What decides which model is kept as the best: larger is better.</summary>
    public double Score => Accuracy ?? -Loss!.Value;
}
