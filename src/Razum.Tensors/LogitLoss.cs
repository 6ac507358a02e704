namespace Razum.Tensors;

/// <summary>
/// A loss of one row that looks at all of its logits, for <see cref="Ops.HeadLoss"/>: targets, teachers and settings belong to the object. Rows are computed by
/// several threads at once and, for the gradient, once more: the result may depend on the row alone.
/// </summary>
public abstract class LogitLoss
{
    /// <summary>The loss of row <paramref name="row"/>; with <paramref name="gradient"/>, its logits are overwritten by d loss / d logits.</summary>
    /// <param name="row">Row of the hidden states that the logits are made from.</param>
    /// <param name="logits">[V]</param>
    /// <param name="gradient">Whether the gradient is wanted; if not, the logits stay.</param>
    public abstract double Evaluate(int row, Span<float> logits, bool gradient);
}
