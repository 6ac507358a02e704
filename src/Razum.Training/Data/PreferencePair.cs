using Razum.Text;

namespace Razum.Training.Data;

/// <summary>Two answers to one prompt of which one is better.</summary>
/// <param name="Prompt">All messages before the answers.</param>
/// <param name="Chosen">The better answer.</param>
/// <param name="Rejected">The other.</param>
public sealed record PreferencePair(IReadOnlyList<ChatMessage> Prompt, ChatMessage Chosen, ChatMessage Rejected);
