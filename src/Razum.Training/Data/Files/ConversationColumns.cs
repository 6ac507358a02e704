using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Razum.Text;

namespace Razum.Training.Data.Files;

/// <summary>
/// Which fields of a row are a conversation. Hugging Face's two forms are known: <c>messages</c>, a list of <c>role</c> and <c>content</c> (and
/// <c>reasoning_content</c>), or a prompt and an answer, each a text or such a list. Names can be given instead.
/// </summary>
public sealed partial record ConversationColumns
{
    /// <summary>Column of the prompt; null for the usual names.</summary>
    public string? Prompt { get; init; }

    /// <summary>Column of the answer; null for the usual names.</summary>
    public string? Answer { get; init; }

    /// <summary>Column of the thinking; null for the usual name.</summary>
    public string? Reasoning { get; init; }

    /// <summary>A mark in the answer: what stands before it is thinking, what comes after it the answer. GSM8K's is <c>####</c>.</summary>
    public string? AnswerAfter { get; init; }

    /// <summary>The conversation of a row; its last message is the assistant's.</summary>
    /// <exception cref="InvalidDataException">The row is none; one line says what is missing.</exception>
    public Conversation Read(DataRow row)
    {
        List<ChatMessage> messages = Prompt is null && row.Field("messages") is { } list
            ? ReadMessages(row, list, "messages")
            : ReadPair(row);
        return messages is [.., { Role: "assistant" }]
            ? new Conversation(messages)
            : throw row.Fault("the last message is not the assistant's");
    }

    private List<ChatMessage> ReadPair(DataRow row)
    {
        string prompt = FirstOf(row, Prompt, "prompt", "question", "problem", "instruction")
            ?? throw row.Fault(Prompt is null ? "expected an object with a list \"messages\", or with a prompt and an answer" : $"no '{Prompt}'");
        string answer = FirstOf(row, Answer, "answer", "completion", "response", "solution", "output")
            ?? throw row.Fault($"no {(Answer is null ? "answer, completion or response" : $"'{Answer}'")}");
        List<ChatMessage> messages = row.Field(prompt) is JsonArray list ? ReadMessages(row, list, prompt) : [new ChatMessage("user", row.Required(prompt))];
        if (row.Field(answer) is JsonArray reply)
        {
            return [.. messages, .. ReadMessages(row, reply, answer)];
        }

        string text = row.Required(answer);
        string? reasoning = row.Text(Reasoning ?? "reasoning_content");
        if (AnswerAfter is { Length: > 0 } mark)
        {
            int place = text.LastIndexOf(mark, StringComparison.Ordinal);
            reasoning = place >= 0 ? Calculator().Replace(text[..place], "").Trim() : throw row.Fault($"'{answer}' has no '{mark}'");
            text = text[(place + mark.Length)..].Trim();
        }

        return [.. messages, new ChatMessage("assistant", text, reasoning)];
    }

    private static string? FirstOf(DataRow row, string? name, params ReadOnlySpan<string> usual)
    {
        if (name is not null)
        {
            return row.Field(name) is null ? null : name;
        }

        foreach (string candidate in usual)
        {
            if (row.Field(candidate) is not null)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>A list of messages, each with <c>role</c>, <c>content</c> and perhaps <c>reasoning_content</c>.</summary>
    internal static List<ChatMessage> ReadMessages(DataRow row, JsonNode node, string name)
    {
        if (node is not JsonArray list)
        {
            throw row.Fault($"expected an object with a list \"{name}\"");
        }

        List<ChatMessage> messages = [];
        foreach (JsonNode? element in list)
        {
            DataRow message = new(element as JsonObject ?? throw row.Fault($"\"{name}\": a message is not an object"), row.Where);
            messages.Add(new ChatMessage(
                message.Text("role") ?? throw row.Fault("a message has no role"),
                message.Text("content") ?? throw row.Fault("a message has no content"),
                message.Text("reasoning_content")));
        }

        return messages;
    }

    /// <summary>GSM8K's notes for a calculator: <c>&lt;&lt;48/2=24&gt;&gt;</c>.</summary>
    [GeneratedRegex("<<[^<>]*>>", RegexOptions.CultureInvariant)]
    private static partial Regex Calculator();
}
