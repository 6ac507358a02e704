using System.Security.Cryptography;
using Razum.Text;
using Razum.Training.Data.Files;

namespace Razum.Training.Data;

/// <summary>
/// Pairs of answers from data files, as tokens in the chat format of a model, in the order of <see cref="RowOrder"/>. Held out are prompts with all their
/// pairs: what is measured was never asked in training. Pairs of which an answer with its prompt is too long are left out.
/// </summary>
internal sealed class PreferenceFile
{
    private readonly (AnswerTokens Chosen, AnswerTokens Rejected)[] _trained;
    private readonly (AnswerTokens Chosen, AnswerTokens Rejected)[] _heldOut;
    private readonly RowOrder _order;

    /// <param name="files">Files or folders.</param>
    /// <param name="heldOut">Share of the prompts that is held out.</param>
    /// <param name="seed">Fixes the order.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="longest">The most tokens of a prompt and an answer.</param>
    /// <exception cref="InvalidDataException">A file is missing or a row is no pair: names file and row. Or too few pairs are left.</exception>
    public PreferenceFile(IReadOnlyList<string> files, double heldOut, int seed, Tokenizer tokenizer, int longest)
    {
        var tokens = new ConversationTokens(tokenizer, learnsPrompts: false);
        List<(string Prompt, (AnswerTokens, AnswerTokens) Pair)> pairs = [];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in files.SelectMany(f => DataFiles.Find(f, "train")))
        {
            DataFiles.AppendTo(hash, part);
            foreach (DataRow row in DataFiles.Read(part))
            {
                Read(row, tokens, longest, pairs);
            }
        }

        string[] prompts = [.. pairs.Select(p => p.Prompt).Distinct()];
        var split = new RowOrder(prompts.Length, heldOut, seed);
        if (split.Trained < 1)
        {
            throw new InvalidDataException($"{files[0]}: {pairs.Count} pairs are too few{(TooLong > 0 ? $"; {TooLong} are longer than sequence_length {longest}" : "")}");
        }

        HashSet<string> heldOutPrompts = [.. Enumerable.Range(0, split.HeldOut).Select(i => prompts[split.RowOf(Split.Evaluation, i)])];
        _heldOut = [.. pairs.Where(p => heldOutPrompts.Contains(p.Prompt)).Select(p => p.Pair)];
        _trained = [.. pairs.Where(p => !heldOutPrompts.Contains(p.Prompt)).Select(p => p.Pair)];
        _order = new RowOrder(_trained.Length, 0, seed);
        Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What the data are, for the identity of a run.</summary>
    public string Fingerprint { get; }

    /// <summary>Pairs left out for their length.</summary>
    public int TooLong { get; private set; }

    /// <summary>Pairs in one pass.</summary>
    public int Trained => _trained.Length;

    /// <summary>Pairs read, those left out too.</summary>
    public int Count => _trained.Length + _heldOut.Length + TooLong;

    /// <summary>Pair <paramref name="index"/> of those that are trained on; there is no last one.</summary>
    public (AnswerTokens Chosen, AnswerTokens Rejected) Get(long index) => _trained[_order.RowOf(Split.Train, index)];

    /// <summary>The first held-out pairs of at most <paramref name="tokens"/> tokens, at least one if there is one.</summary>
    public IReadOnlyList<(AnswerTokens Chosen, AnswerTokens Rejected)> HeldOut(long tokens)
    {
        int count = 0;
        foreach ((AnswerTokens chosen, AnswerTokens rejected) in _heldOut)
        {
            tokens -= chosen.Tokens.Length + rejected.Tokens.Length;
            if (tokens < 0 && count > 0)
            {
                break;
            }

            count++;
        }

        return _heldOut[..count];
    }

    private void Read(DataRow row, ConversationTokens tokens, int longest, List<(string Prompt, (AnswerTokens, AnswerTokens) Pair)> pairs)
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
            pairs.Add((string.Join('\n', pair.Prompt.Select(m => $"{m.Role}: {m.Content}")), (chosen, rejected)));
        }
    }
}
