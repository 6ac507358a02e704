using System.Security.Cryptography;
using Razum.Text;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// Pairs of answers from data files, as tokens in the chat format of a model, in the order of <see cref="RowOrder"/>. Pairs of which an answer with its prompt
/// is too long are left out.
/// </summary>
internal sealed class PreferenceFile
{
    private readonly List<(AnswerTokens Chosen, AnswerTokens Rejected)> _pairs = [];
    private readonly RowOrder _order;

    /// <param name="files">Files or folders.</param>
    /// <param name="heldOut">Share of the pairs that is held out.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="longest">The most tokens of a prompt and an answer.</param>
    /// <exception cref="InvalidDataException">A file is missing or a row is no pair: names file and row. Or too few pairs are left.</exception>
    public PreferenceFile(IReadOnlyList<string> files, double heldOut, int seed, Tokenizer tokenizer, int longest)
    {
        var tokens = new ConversationTokens(tokenizer, learnsPrompts: false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in files.SelectMany(f => DataFiles.Find(f, "train")))
        {
            hash.AppendData(File.ReadAllBytes(part));
            foreach (DataRow row in DataFiles.Read(part))
            {
                Add(row, tokens, longest);
            }
        }

        _order = new RowOrder(_pairs.Count, heldOut, seed);
        Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (_order.Trained < 1)
        {
            throw new InvalidDataException($"{files[0]}: {_pairs.Count} pairs are too few{(TooLong > 0 ? $"; {TooLong} are longer than sequence_length {longest}" : "")}");
        }
    }

    /// <summary>What the data are, for the identity of a run.</summary>
    public string Fingerprint { get; }

    /// <summary>Pairs left out for their length.</summary>
    public int TooLong { get; private set; }

    /// <summary>Pairs in work.</summary>
    public int Count => _pairs.Count;

    /// <summary>Pair <paramref name="index"/> of those that are trained on; there is no last one.</summary>
    public (AnswerTokens Chosen, AnswerTokens Rejected) Get(long index) => _pairs[_order.RowOf(Split.Train, index)];

    /// <summary>The first held-out pairs of at most <paramref name="tokens"/> tokens, at least one if there is one.</summary>
    public IReadOnlyList<(AnswerTokens Chosen, AnswerTokens Rejected)> HeldOut(long tokens)
    {
        List<(AnswerTokens Chosen, AnswerTokens Rejected)> taken = [];
        for (int i = 0; i < _order.HeldOut; i++)
        {
            (AnswerTokens chosen, AnswerTokens rejected) = _pairs[_order.RowOf(Split.Evaluation, i)];
            tokens -= chosen.Tokens.Length + rejected.Tokens.Length;
            if (tokens < 0 && i > 0)
            {
                break;
            }

            taken.Add((chosen, rejected));
        }

        return taken;
    }

    private void Add(DataRow row, ConversationTokens tokens, int longest)
    {
        PreferencePair pair = PreferenceColumns.Read(row);
        AnswerTokens chosen = tokens.Answer(new Conversation([.. pair.Prompt, pair.Chosen]));
        AnswerTokens rejected = tokens.Answer(new Conversation([.. pair.Prompt, pair.Rejected]));
        if (chosen.Length == 0 || rejected.Length == 0)
        {
            throw row.Fault("the chat format of this model marks no token of an answer as the assistant's");
        }

        if (Math.Max(chosen.Tokens.Length, rejected.Tokens.Length) > longest)
        {
            TooLong++;
        }
        else
        {
            _pairs.Add((chosen, rejected));
        }
    }
}
