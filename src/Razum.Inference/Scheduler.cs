namespace Razum.Inference;

/// <summary>
/// Decides what each step runs. Every decoding sequence has its row in every step; prompts share the rest of the budget in order of arrival, in chunks, so
/// that a long one delays nobody by more than a step. What is decided never changes the tokens of a sequence, only when they come.
/// </summary>
internal sealed class Scheduler(int maxSequences, int tokenBudget)
{
    private readonly Queue<Sequence> _waiting = new();
    private readonly List<Sequence> _running = new(maxSequences);
    private readonly PlannedRows[] _plan = new PlannedRows[maxSequences];

    /// <summary>Whether a sequence is waiting or in work.</summary>
    public bool HasWork => _waiting.Count + _running.Count > 0;

    /// <summary>All sequences, those in work first.</summary>
    public IEnumerable<Sequence> All => _running.Concat(_waiting);

    public void Add(Sequence sequence) => _waiting.Enqueue(sequence);

    /// <summary>Takes the next waiting sequence into work if there is one and room for it.</summary>
    public Sequence? Admit()
    {
        while (_running.Count < maxSequences && _waiting.TryDequeue(out Sequence? sequence))
        {
            if (!sequence.IsDone)
            {
                _running.Add(sequence);
                return sequence;
            }
        }

        return null;
    }

    /// <summary>Takes a sequence that is done out of work; null when there is none left.</summary>
    public Sequence? Dismiss()
    {
        for (int i = 0; i < _running.Count; i++)
        {
            if (_running[i] is { IsDone: true } sequence)
            {
                _running.RemoveAt(i);
                return sequence;
            }
        }

        return null;
    }

    /// <summary>The rows of the next step; empty when nothing is in work. Valid until the next call.</summary>
    public ReadOnlySpan<PlannedRows> Next()
    {
        int count = 0, left = tokenBudget;
        foreach (Sequence sequence in _running)
        {
            if (!sequence.IsDone && IsDecoding(sequence))
            {
                _plan[count++] = new PlannedRows(sequence, 1);
                left--;
            }
        }

        left = Math.Max(left, 1); // prompts go on, slowly, even when decoding alone fills the budget
        foreach (Sequence sequence in _running)
        {
            if (left > 0 && !sequence.IsDone && !IsDecoding(sequence))
            {
                int rows = Math.Min(left, sequence.Remaining);
                _plan[count++] = new PlannedRows(sequence, rows);
                left -= rows;
            }
        }

        return _plan.AsSpan(0, count);
    }

    /// <summary>Whether the prompt is done, so that each step gives a token.</summary>
    private static bool IsDecoding(Sequence sequence) => sequence.Computed >= sequence.PromptLength;
}
