using System.Security.Cryptography;
using Razum.Text;

namespace Razum.Training.Data;

/// <summary>
/// A token stream cut into sequences of equal length. Every pass over it uses another order and another first cut, so that the borders of sequences
/// move. The last share of the stream is held out.
/// </summary>
public sealed class TextSequences : SequenceSource
{
    private readonly int[] _tokens;
    private readonly int _length;
    private readonly int _trained;
    private readonly ulong _seed;

    /// <param name="tokens">The stream.</param>
    /// <param name="length">Tokens per sequence.</param>
    /// <param name="heldOut">Share that is evaluated only.</param>
    /// <param name="seed">Fixes the order.</param>
    public TextSequences(int[] tokens, int length, double heldOut, int seed)
    {
        int evaluated = heldOut > 0 ? Math.Max(length, (int)(tokens.Length * heldOut)) : 0;
        (_tokens, _length, _trained, _seed) = (tokens, length, tokens.Length - evaluated, (ulong)seed);
        if (_trained < (2 * length) - 1)
        {
            throw new InvalidDataException($"{tokens.Length} tokens of text are too few for sequences of {length}");
        }

        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(tokens)));
    }

    public override string Fingerprint { get; }

    /// <summary>Sequences in one pass.</summary>
    public int TrainCount => (_trained - (_length - 1)) / _length;

    private int EvaluationCount => (_tokens.Length - _trained) / _length;

    /// <summary>Reads files one after the other, each followed by the end token.</summary>
    /// <exception cref="InvalidDataException">A file is missing, or the text is too short.</exception>
    public static TextSequences Load(IReadOnlyList<string> files, Tokenizer tokenizer, int length, double heldOut, int seed)
    {
        var tokens = new List<int>();
        foreach (string file in files)
        {
            if (!File.Exists(file))
            {
                throw new InvalidDataException($"{file}: no such file of training text");
            }

            tokenizer.Encode(File.ReadAllText(file), tokens, parseSpecial: false);
            if (tokenizer.EosId is { } end)
            {
                tokens.Add(end);
            }
        }

        return new TextSequences([.. tokens], length, heldOut, seed);
    }

    public override void Read(Split split, long index, TrainingSequence target)
    {
        long start;
        if (split == Split.Evaluation)
        {
            if (EvaluationCount == 0)
            {
                throw new InvalidDataException("this text has no held-out part: set data.held_out");
            }

            start = _trained + (index % EvaluationCount * _length);
        }
        else
        {
            ulong pass = (ulong)(index / TrainCount);
            ulong key = Shuffle.Hash(_seed, pass);
            start = (long)(key % (ulong)_length) + (Shuffle.Permute(index % TrainCount, TrainCount, key) * _length);
        }

        target.Clear();
        for (int i = 0; i < _length; i++)
        {
            target.Add(_tokens[start + i], isTarget: true);
        }
    }
}
