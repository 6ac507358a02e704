using System.Security.Cryptography;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// Conversations from data files, as <see cref="ConversationColumns"/> reads their rows. Every pass has another order. Held out is a random share of the rows,
/// the same in every pass.
/// </summary>
public sealed class ConversationFile : ConversationSource
{
    private readonly Conversation[] _conversations;
    private readonly int _heldOut;
    private readonly ulong _seed;

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
                hash.AppendData(File.ReadAllBytes(part));
                conversations.AddRange(DataFiles.Read(part).Select(columns.Read));
            }
        }

        _seed = (ulong)seed;
        _conversations = [.. conversations];
        _heldOut = heldOut > 0 ? Math.Max(1, (int)(heldOut * conversations.Count)) : 0;
        if (_conversations.Length <= _heldOut)
        {
            throw new InvalidDataException($"{files[0]}: {conversations.Count} conversations are too few");
        }

        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(columns == new ConversationColumns() ? "" : $"{columns}"));
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
}
