namespace Razum.Inference;

/// <summary>
/// A piece of a call of a tool: the first piece of a call has its name, and all <see cref="Arguments"/> joined are its arguments. A call is passed on once it
/// is known to be one, so that it mostly comes in one piece.
/// </summary>
/// <param name="Index">Which call of the answer, from 0.</param>
/// <param name="Name">The tool's name; null in later pieces.</param>
/// <param name="Arguments">JSON text, as the model wrote it.</param>
/// <param name="Id">The call's id as the model wrote it; null where its format has none, and in later pieces.</param>
public sealed record ToolCallPart(int Index, string? Name, string Arguments, string? Id = null);
