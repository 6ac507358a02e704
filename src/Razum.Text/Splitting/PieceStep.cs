namespace Razum.Text.Splitting;

/// <summary>One step of a pre-tokenizer: it cuts text into pieces (<see cref="SplitStep"/>) or writes it anew (<see cref="RewriteStep"/>).</summary>
internal abstract class PieceStep;
