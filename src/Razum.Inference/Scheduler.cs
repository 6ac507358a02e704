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

    /// <summary>Sequences in work, in order of arrival.</summary>
    public IReadOnlyList<Sequence> Running => _running;

    public int Waiting => _waiting.Count;

    public void Add(Sequence sequence) => _waiting.Enqueue(sequence);

    /// <summary>Takes the next waiting sequence into work if there is room for one more.</summary>
    public bool TryAdmit(out Sequence? sequence)
    {
        if (_running.Count == maxSequences || !_waiting.TryDequeue(out sequence))
        {
            sequence = null;
            return false;
        }

        _running.Add(sequence);
        return true;
    }

    /// <summary>Takes a sequence out of work.</summary>
    public void Remove(Sequence sequence) => _running.Remove(sequence);

    /// <summary>The rows of the next step; empty when nothing is in work. Valid until the next call.</summary>
    public ReadOnlySpan<PlannedRows> Next()
    {
        int count = 0, left = tokenBudget;
        foreach (Sequence sequence in _running)
        {
            if (IsDecoding(sequence))
            {
                _plan[count++] = new PlannedRows(sequence, 1);
                left--;
            }
        }

        left = Math.Max(left, 1); // prompts go on, slowly, even when decoding alone fills the budget
        foreach (Sequence sequence in _running)
        {
            if (left > 0 && !IsDecoding(sequence))
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
