namespace Razum.Models.Gguf;

/// <summary>What becomes of a published tensor on its way into a GGUF file.</summary>
public enum NameChange
{
    Same,

    /// <summary>
    /// Rows of every query head are interleaved (llama): published row i + d/2 h of a head of size d, h = 0 or 1, is row 2 i + h in the file, so that pairs that
    /// are rotated together lie side by side.
    /// </summary>
    QueryRows,

    /// <summary>The same for key heads.</summary>
    KeyRows,

    /// <summary>One of the matrices that the file stacks, expert after expert.</summary>
    Expert,

    /// <summary>
    /// The key rows of <c>kv_b_proj</c> of every head, transposed: [H, rank, nope] for published [H * (nope + v), rank]. The value rows are in
    /// <see cref="GgufNames.ValuesOf"/>.
    /// </summary>
    SplitKeyValue,
}
