namespace Razum.Training.Verifiers.Math;

/// <summary>How answers are looked for and compared.</summary>
internal sealed record MathSettings
{
    /// <summary>As math-verify does for evaluations: anchors, environments, the last number of the text.</summary>
    public static MathSettings Evaluation { get; } = new();

    /// <summary>Steps of parsing and arithmetic for one pair of answers.</summary>
    public int Steps { get; init; } = 200_000;

    /// <summary>Decimals that are compared where a decimal is written.</summary>
    public int Precision { get; init; } = 6;

    /// <summary>Whether variables must have the same names.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>Whether a relation in the answer may stand for a set in the truth: x &lt; 2 for (-∞, 2).</summary>
    public bool RelationForSet { get; init; } = true;

    /// <summary>Rank of a box among the places an answer can be found in; 0 before all, see <see cref="AnswerSearch"/>.</summary>
    public int BoxRank { get; init; }

    /// <summary>Whether mathematics in LaTeX is looked for.</summary>
    public bool Latex { get; init; } = true;

    /// <summary>Whether plain numbers are looked for.</summary>
    public bool Plain { get; init; } = true;
}
