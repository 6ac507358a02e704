namespace Razum.Inference.Measures;

/// <summary>What a text costs a model, and how far it is from a reference model on it.</summary>
public sealed record PerplexityReport
{
    /// <summary>Negative log-likelihood of a scored token, in nats.</summary>
    public required Estimate Loss { get; init; }

    /// <summary>The same of the reference; null without one.</summary>
    public Estimate? ReferenceLoss { get; init; }

    /// <summary>KL divergence of the model's next-token distribution from the reference's, in nats.</summary>
    public Estimate? Divergence { get; init; }

    /// <summary>Share of tokens before which both have the same most probable one.</summary>
    public Estimate? SameTop { get; init; }

    /// <summary>Windows read.</summary>
    public required int Windows { get; init; }

    /// <summary>Tokens read, those of overlapping windows several times.</summary>
    public required long Tokens { get; init; }

    public required double Seconds { get; init; }

    /// <summary>exp(mean loss) and, to first order, its standard error.</summary>
    public static (double Value, double Error) PerplexityOf(Estimate loss) => (Math.Exp(loss.Mean), Math.Exp(loss.Mean) * loss.StandardError);
}
