namespace Razum.Tensors;

/// <summary>
/// The tokens that the softmax of each row is over, where it is not the whole vocabulary: what top-k, top-p and min-p had left when a token was drawn, so that
/// training sees the very distribution that was sampled from (DeepSeek-V3.2's "Keep Sampling Mask", arXiv 2512.02556).
/// </summary>
/// <param name="ids">The tokens of all rows, row after row, ascending within a row.</param>
/// <param name="ends">Where the tokens of each row end; a row without any is over the whole vocabulary. Empty when all rows are.</param>
public readonly ref struct TokenSets(ReadOnlySpan<int> ids, ReadOnlySpan<int> ends)
{
    private readonly ReadOnlySpan<int> _ids = ids;
    private readonly ReadOnlySpan<int> _ends = ends;

    /// <summary>Number of rows; 0 when every row is over the whole vocabulary.</summary>
    public int Rows => _ends.Length;

    /// <summary>Tokens of all rows together.</summary>
    public int Count => _ids.Length;

    /// <summary>The tokens of a row; empty for all.</summary>
    public ReadOnlySpan<int> this[int row] => _ids[(row == 0 ? 0 : _ends[row - 1]).._ends[row]];
}
