namespace Razum.Inference;

/// <summary>
/// Where products read a model's weights. Answers are the same, bit for bit: copies in the order in which products read them are faster, mapped files need no
/// memory that the system cannot take back.
/// </summary>
public enum WeightPlacement
{
    /// <summary>From copies, each made when a product first needs it.</summary>
    Packed,

    /// <summary>Experts from the files, of which a token visits few; all else, which every token reads, from copies.</summary>
    ExpertsInPlace,

    /// <summary>All from the files.</summary>
    InPlace,
}
