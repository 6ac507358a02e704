using System.Text.Json.Nodes;
using Razum.Text;

namespace Razum.Training.Data.Files;

/// <summary>
/// Reads rows of pairs in the forms published on the Hugging Face hub: <c>prompt</c>, <c>chosen</c> and <c>rejected</c>, each a text or a list of messages; or
/// <c>chosen</c> and <c>rejected</c> as whole conversations, which are the same up to the last message.
/// </summary>
internal static class PreferenceColumns
{
    /// <exception cref="InvalidDataException">The row is no pair; one line says what is missing.</exception>
    public static PreferencePair Read(DataRow row)
    {
        List<ChatMessage> prompt = row.Field("prompt") switch
        {
            null => [],
            JsonArray list => ConversationColumns.ReadMessages(row, list, "prompt"),
            _ => [new ChatMessage("user", row.Required("prompt"))],
        };
        List<ChatMessage> chosen = ReadConversation(row, "chosen", prompt);
        List<ChatMessage> rejected = ReadConversation(row, "rejected", prompt);
        if (!chosen.SkipLast(1).SequenceEqual(rejected.SkipLast(1)))
        {
            throw row.Fault("'chosen' and 'rejected' do not answer the same prompt: they differ before the last message");
        }

        return chosen[^1] != rejected[^1]
            ? new PreferencePair([.. chosen.SkipLast(1)], chosen[^1], rejected[^1])
            : throw row.Fault("'chosen' and 'rejected' are the same");
    }

    /// <summary>Prompt and answer. A list that does not begin with the assistant repeats the prompt.</summary>
    private static List<ChatMessage> ReadConversation(DataRow row, string name, List<ChatMessage> prompt)
    {
        List<ChatMessage> messages = row.Field(name) switch
        {
            null => throw row.Fault($"no '{name}'"),
            JsonArray list => ConversationColumns.ReadMessages(row, list, name),
            _ => [new ChatMessage("assistant", row.Required(name))],
        };
        if (messages is [{ Role: "assistant" }, ..])
        {
            messages = prompt.Count > 0 ? [.. prompt, .. messages] : throw row.Fault($"no 'prompt', and '{name}' does not begin with one");
        }

        return messages is not [_, .., { Role: "assistant" } answer] ? throw row.Fault($"'{name}' is no answer of the assistant to a prompt")
            : string.IsNullOrWhiteSpace(answer.Content + answer.ReasoningContent) ? throw row.Fault($"'{name}' is an empty answer")
            : messages;
    }
}
