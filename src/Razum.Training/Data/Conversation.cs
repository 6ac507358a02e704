using Razum.Text;

namespace Razum.Training.Data;

/// <summary>One conversation to learn from; the last message is the assistant's.</summary>
/// <param name="Messages">In order.</param>
/// <param name="Thinking">Whether the last answer was asked for with thinking: how the prompt ends where the format has two ways.</param>
public sealed record Conversation(IReadOnlyList<ChatMessage> Messages, bool Thinking = true);
