namespace Razum.Text.Jinja;

/// <summary>What went wrong while a template was read or run; <see cref="JinjaTemplate"/> adds where.</summary>
internal sealed class JinjaFault(string reason, int position = -1) : Exception(reason)
{
    /// <summary>Where in the source, -1 = where the run stands.</summary>
    public int Position { get; } = position;
}
