using System.Security.Cryptography;
using System.Text.Json;
using Razum.Text;

namespace Razum.Training.Data;

/// <summary>
/// Conversations from JSON lines: <c>{"messages": [{"role": ..., "content": ..., "reasoning_content": ...}, ...]}</c>. Every pass has another order.
/// Held out is a random share of the lines, the same in every pass.
/// </summary>
public sealed class ConversationFile : ConversationSource
{
    private readonly Conversation[] _conversations;
    private readonly int _heldOut;
    private readonly ulong _seed;

    /// <exception cref="InvalidDataException">A file is missing or a line is not a conversation; names file and line.</exception>
    public ConversationFile(IReadOnlyList<string> files, double heldOut, int seed)
    {
        var conversations = new List<Conversation>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            if (!File.Exists(file))
            {
                throw new InvalidDataException($"{file}: no such file of conversations");
            }

            hash.AppendData(File.ReadAllBytes(file));
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                if (line.Length > 0)
                {
                    conversations.Add(Parse(line, $"{file}: line {number}"));
                }
            }
        }

        _seed = (ulong)seed;
        _conversations = [.. conversations];
        _heldOut = heldOut > 0 ? Math.Max(1, (int)(heldOut * conversations.Count)) : 0;
        if (_conversations.Length <= _heldOut)
        {
            throw new InvalidDataException($"{files[0]}: {conversations.Count} conversations are too few");
        }

        Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public override string Fingerprint { get; }

    public override Conversation Get(Split split, long index)
    {
        int trained = _conversations.Length - _heldOut;
        long place;
        if (split == Split.Evaluation)
        {
            place = _heldOut > 0 ? index % _heldOut : throw new InvalidDataException("these conversations have no held-out part: set data.held_out");
        }
        else
        {
            place = _heldOut + Shuffle.Permute(index % trained, trained, Shuffle.Hash(_seed, 1 + (ulong)(index / trained)));
        }

        return _conversations[Shuffle.Permute(place, _conversations.Length, Shuffle.Hash(_seed, 0))];
    }

    private static Conversation Parse(string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("messages", out JsonElement list)
                || list.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException($"{where}: expected an object with a list \"messages\"");
            }

            ChatMessage[] messages = [.. list.EnumerateArray().Select(m => new ChatMessage(
                Text(m, "role") ?? throw new InvalidDataException($"{where}: a message has no role"),
                Text(m, "content") ?? throw new InvalidDataException($"{where}: a message has no content"),
                Text(m, "reasoning_content")))];
            return messages is [.., { Role: "assistant" }]
                ? new Conversation(messages)
                : throw new InvalidDataException($"{where}: the last message is not the assistant's");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{where}: not valid JSON: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    private static string? Text(JsonElement message, string name) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
