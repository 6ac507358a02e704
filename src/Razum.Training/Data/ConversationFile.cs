using System.Security.Cryptography;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// Conversations from data files, as <see cref="ConversationColumns"/> reads their rows, in the order of <see cref="RowOrder"/>.
/// </summary>
public sealed class ConversationFile : ConversationSource
{
    private readonly Conversation[] _conversations;
    private readonly RowOrder _order;

    /// <exception cref="InvalidDataException">A file is missing or a row is not a conversation; names file and row.</exception>
    public ConversationFile(IReadOnlyList<string> files, double heldOut, int seed, ConversationColumns? columns = null)
    {
        columns ??= new ConversationColumns();
        var conversations = new List<Conversation>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            foreach (string part in DataFiles.Find(file, "train"))
            {
                DataFiles.AppendTo(hash, part);
                conversations.AddRange(DataFiles.Read(part).Select(columns.Read));
            }
        }

        _conversations = [.. conversations];
        _order = new RowOrder(conversations.Count, heldOut, seed);
        if (_order.Trained < 1)
        {
            throw new InvalidDataException($"{files[0]}: {conversations.Count} conversations are too few");
        }

        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(columns == new ConversationColumns() ? "" : $"{columns}"));
        Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public override string Fingerprint { get; }

    public override Conversation Get(Split split, long index) => split == Split.Evaluation && _order.HeldOut == 0
        ? throw new InvalidDataException("these conversations have no held-out part: set data.held_out")
        : _conversations[_order.RowOf(split, index)];
}
