using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Training.Data.Files;

/// <summary>Writes conversations as JSON lines, whole or not at all: what <see cref="ConversationFile"/> reads.</summary>
public static class ConversationLines
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string path, IEnumerable<Conversation> conversations)
    {
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, bufferSize: 1 << 20, leaveOpen: true);
            foreach (Conversation conversation in conversations)
            {
                writer.Write(Text(conversation));
                writer.Write('\n');
            }
        });
    }

    /// <summary>One conversation as one line.</summary>
    public static string Text(Conversation conversation) => new JsonObject
    {
        ["messages"] = new JsonArray([.. conversation.Messages.Select(Message)]),
    }.ToJsonString(s_options);

    private static JsonObject Message(ChatMessage message)
    {
        JsonObject fields = new() { ["role"] = message.Role, ["content"] = message.Content };
        if (message.ReasoningContent is { } reasoning)
        {
            fields["reasoning_content"] = reasoning;
        }

        return fields;
    }
}
