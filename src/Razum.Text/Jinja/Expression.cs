namespace Razum.Text.Jinja;

/// <summary>An expression of a template.</summary>
internal abstract class Expression(int position)
{
    /// <summary>Where it begins in the source.</summary>
    public int Position { get; } = position;

    public abstract object? Evaluate(JinjaRun run, JinjaScope scope);
}
