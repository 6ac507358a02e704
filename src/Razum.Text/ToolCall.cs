namespace Razum.Text;

/// <summary>A call of a tool by the model.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">Its arguments as JSON text, as the model wrote it.</param>
/// <param name="Id">The call's id, where the format has one.</param>
public sealed record ToolCall(string Name, string Arguments, string? Id = null);
