namespace Razum.Training.Data;

/// <summary>Which part of the data: the two never share a sequence.</summary>
public enum Split
{
    /// <summary>What is learned.</summary>
    Train,

    /// <summary>What is only measured.</summary>
    Evaluation,
}
