using System.Numerics;
using Razum.Inference;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>
/// A model without weights. It checks that every token of a sequence is run once and in order, then makes logits from the tokens seen so far:
/// pseudo-random ones by default, or those of a script.
/// </summary>
internal class FakeModel(int vocabSize, int maxSequences = 64) : StepModel
{
    private readonly Dictionary<Sequence, State> _states = [];
    private readonly float[][] _logits = [.. Enumerable.Range(0, maxSequences).Select(_ => new float[vocabSize])];

    public override int VocabSize => vocabSize;

    /// <summary>Rows of every step so far.</summary>
    public List<int> StepRows { get; } = new(1 << 14);

    /// <summary>Called before each step, on the engine's thread; may throw.</summary>
    public Action<PlannedRows[]>? Before { get; set; }

    public override KeyValueCache? CreateCache(int capacity) => null;

    public override void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        Before?.Invoke(plan.ToArray());
        int row = 0, total = 0;
        foreach (PlannedRows rows in plan)
        {
            State state = Run(rows);
            total += rows.Count;
            if (rows.WantsLogits)
            {
                Fill(rows.Sequence, state.Hash, _logits[row++]);
            }
        }

        StepRows.Add(total);
        foreach (PlannedRows rows in plan)
        {
            _states[rows.Sequence] = Run(rows);
        }
    }

    public override ReadOnlySpan<float> Logits(int index) => _logits[index];

    public override float Logprob(ReadOnlySpan<float> logits, int token)
    {
        double sum = 0;
        foreach (float x in logits)
        {
            sum += Math.Exp(x);
        }

        return (float)(logits[token] - Math.Log(sum));
    }

    public override void Dispose()
    {
    }

    /// <summary>Writes the logits after the tokens that <paramref name="hash"/> stands for.</summary>
    protected virtual void Fill(Sequence sequence, ulong hash, Span<float> logits)
    {
        ulong x = hash;
        for (int i = 0; i < logits.Length; i++)
        {
            x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9;
            logits[i] = (x >> 40) * (8f / (1 << 24));
        }
    }

    private State Run(PlannedRows rows)
    {
        State state = _states.GetValueOrDefault(rows.Sequence);
        if (state.Count != rows.Sequence.Computed)
        {
            throw new InvalidOperationException($"token {rows.Sequence.Computed} is run after {state.Count} tokens");
        }

        foreach (int token in rows.Sequence.Next(rows.Count))
        {
            state = new State(state.Count + 1, (BitOperations.RotateLeft(state.Hash, 7) ^ (ulong)token) * 0x9E3779B97F4A7C15);
        }

        return state;
    }

    private readonly record struct State(int Count, ulong Hash);
}
