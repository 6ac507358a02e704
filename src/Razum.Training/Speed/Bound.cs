namespace Razum.Training.Speed;

/// <summary>What holds a computation back at the least: of two times it cannot undercut, the longer one.</summary>
public enum Bound
{
    /// <summary>Its operations at the peak of its products.</summary>
    Compute,

    /// <summary>The bytes of weights and cache at the read bandwidth.</summary>
    Bandwidth,
}
