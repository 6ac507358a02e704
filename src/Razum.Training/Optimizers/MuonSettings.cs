namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="Muon"/>; the defaults are Moonlight's (arXiv 2502.16982). The learning rate is given with every update.</summary>
public sealed record MuonSettings
{
    public double Momentum { get; init; } = 0.95;

    public bool Nesterov { get; init; } = true;

    /// <summary>
    /// Whether a step is as large as AdamW's, 0.2 sqrt(max(rows, columns)), so that both share one learning rate; else the original sqrt(max(1, rows / columns)).
    /// </summary>
    public bool MatchesAdamW { get; init; } = true;

    internal double Scale(int rows, int columns) => MatchesAdamW ? 0.2 * Math.Sqrt(Math.Max(rows, columns)) : Math.Sqrt(Math.Max(1, (double)rows / columns));
}
