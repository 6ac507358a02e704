namespace Razum.Training.Runs;

/// <summary>Which problems a stage of reinforcement learning passes over, by how often they were solved lately.</summary>
public sealed record CurriculumConfig
{
    /// <summary>Problems with a lower pass rate are passed over.</summary>
    public double Low { get; init; }

    /// <summary>Problems with a higher pass rate are passed over.</summary>
    public double High { get; init; } = 1;

    /// <summary>Whether problems are drawn in proportion to 1 - pass rate (Kimi k1.5, arXiv 2501.12599).</summary>
    public bool PreferHard { get; init; }

    /// <summary>Whether procedural tasks begin with their lowest level, and go on to the next as its pass rate rises.</summary>
    public bool Levels { get; init; }

    /// <summary>Pass rate of a level from which the next one is asked too.</summary>
    public double Advance { get; init; } = 0.5;

    /// <summary>Share of problems outside the window that is tried again, so that they can come back.</summary>
    public double Retry { get; init; } = 0.05;

    /// <summary>Attempts at a problem that count: beyond these, older ones weigh half.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Problems whose pass rates are kept; those tried longest ago are forgotten.</summary>
    public int Memory { get; init; } = 20_000;

    /// <summary>File of pass rates to begin with; null to begin with none.</summary>
    public string? PassRates { get; init; }
}
