using System.Numerics;
using Razum.Inference;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>
/// A model without weights. It stores each token in the cache, checks at every step that the cache holds exactly the tokens of the sequence (its own ones,
/// and those taken over from others), then makes logits from them: pseudo-random ones by default, or those of a script.
/// </summary>
internal class FakeModel(int vocabSize, int maxSequences = 64) : StepModel
{
    private readonly float[][] _logits = [.. Enumerable.Range(0, maxSequences * 4).Select(_ => new float[vocabSize])];
    private readonly Arena _arena = new();

    public override int VocabSize => vocabSize;

    public override CacheShape CacheShape => new(1, 1, 0);

    public override long Version => Weights;

    /// <summary>Changes with the weights.</summary>
    public int Weights { get; set; }

    /// <summary>Rows of every step so far.</summary>
    public List<int> StepRows { get; } = new(1 << 14);

    /// <summary>Called before each step, on the engine's thread; may throw.</summary>
    public Action<PlannedRows[]>? Before { get; set; }

    public override void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        Before?.Invoke(plan.ToArray());
        int row = 0, total = 0;
        _arena.Reset();
        foreach (PlannedRows rows in plan)
        {
            Run(rows, ref row);
            total += rows.Count;
        }

        StepRows.Add(total);
    }

    public override ReadOnlySpan<float> Logits(int index) => _logits[index];

    public override float Logprob(ReadOnlySpan<float> logits, int token, float temperature, ReadOnlySpan<int> set)
    {
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            sum += set.IsEmpty || set.Contains(i) ? Math.Exp(logits[i] / temperature) : 0;
        }

        return (float)((logits[token] / temperature) - Math.Log(sum));
    }

    public override void Dispose() => _arena.Dispose();

    /// <summary>Writes the logits of token number <paramref name="place"/> of the output, after the tokens that <paramref name="hash"/> stands for.</summary>
    protected virtual void Fill(Sequence sequence, ulong hash, int place, Span<float> logits)
    {
        ulong x = hash;
        for (int i = 0; i < logits.Length; i++)
        {
            x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9;
            logits[i] = (x >> 40) * (8f / (1 << 24));
        }
    }

    private unsafe void Run(PlannedRows rows, ref int logits)
    {
        (Sequence sequence, KeyValueCache cache) = (rows.Sequence, rows.Sequence.Cache!);
        if (cache.Length != sequence.Computed)
        {
            throw new InvalidOperationException($"token {sequence.Computed} is run after {cache.Length} tokens");
        }

        ReadOnlySpan<int> next = sequence.Next(rows.Count);
        Tensor keys = _arena.Allocate(rows.Count, 1);
        for (int i = 0; i < rows.Count; i++)
        {
            keys[i][0] = next[i];
        }

        cache.Append(0, keys, keys);
        KeyRun run = cache.Run(0, cache.Length + rows.Count);
        ulong hash = (ulong)Weights;
        for (int i = 0; i < run.Count; i++)
        {
            int token = i < sequence.Computed ? sequence.Tokens[i] : next[i - sequence.Computed];
            if (*run.Keys(i) != token)
            {
                throw new InvalidOperationException($"the cache holds {*run.Keys(i)} in place of token {i}, {token}");
            }

            hash = (BitOperations.RotateLeft(hash, 7) ^ (ulong)token) * 0x9E3779B97F4A7C15;
            if (i >= run.Count - rows.LogitRows)
            {
                Fill(sequence, hash, i + 1 - sequence.PromptLength, _logits[logits++]);
            }
        }
    }
}
