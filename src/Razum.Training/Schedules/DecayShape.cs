namespace Razum.Training.Schedules;

/// <summary>How a schedule goes from 1 to its end ratio r while u runs from 0 to 1.</summary>
public enum DecayShape
{
    /// <summary>1 - (1 - r) u</summary>
    Linear,

    /// <summary>1 - (1 - r) sqrt(u)</summary>
    Sqrt,

    /// <summary>r + (1 - r) / 2 (1 + cos(pi u))</summary>
    Cosine,

    /// <summary>r^u</summary>
    Exponential,
}
