using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Training.Data.Files;

/// <summary>
/// Writes conversations or pairs as JSON lines, whole or not at all: what <see cref="ConversationFile"/> and <see cref="PreferenceColumns"/> read.
/// </summary>
public static class ConversationLines
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string path, IEnumerable<Conversation> conversations) => Write(path, conversations.Select(Text));

    public static void Write(string path, IEnumerable<PreferencePair> pairs) => Write(path, pairs.Select(Text));

    /// <summary>One conversation as one line.</summary>
    public static string Text(Conversation conversation) => new JsonObject { ["messages"] = Messages(conversation.Messages) }.ToJsonString(s_options);

    /// <summary>One pair as one line, its prompt and answers as lists of messages.</summary>
    public static string Text(PreferencePair pair) => new JsonObject
    {
        ["prompt"] = Messages(pair.Prompt),
        ["chosen"] = Messages([pair.Chosen]),
        ["rejected"] = Messages([pair.Rejected]),
    }.ToJsonString(s_options);

    private static void Write(string path, IEnumerable<string> lines)
    {
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, bufferSize: 1 << 20, leaveOpen: true);
            foreach (string line in lines)
            {
                writer.Write(line);
                writer.Write('\n');
            }
        });
    }

    private static JsonArray Messages(IEnumerable<ChatMessage> messages) => [.. messages.Select(Message)];

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
