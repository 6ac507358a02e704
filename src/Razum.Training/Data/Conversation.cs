using Razum.Text;

namespace Razum.Training.Data;

/// <summary>One conversation to learn from; the last message is the assistant's.</summary>
/// <param name="Messages">In order.</param>
public sealed record Conversation(IReadOnlyList<ChatMessage> Messages);
