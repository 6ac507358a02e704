namespace Razum.Inference;

/// <summary>What a <see cref="ServingPlan"/> comes to.</summary>
public enum ServingVerdict
{
    /// <summary>All that is used stays in memory.</summary>
    Fits,

    /// <summary>It runs, but of the weights that are read from their files memory holds only a part.</summary>
    FromDisk,

    /// <summary>Keys and values do not fit beside what the weights take.</summary>
    TooLarge,
}
