using System.Runtime.InteropServices;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>
/// Decides what each step runs, and whose keys and values have room. What is decided never changes the tokens of a sequence, only when they come.
/// </summary>
/// <remarks>
/// Rows: every decoding sequence has one in every step, and one for each of its drafts. Of what is left of the budget the oldest unfinished prompt gets
/// half, the others share the other half equally, and what a short one leaves goes to the others, oldest first. So no prompt waits for a longer one, and
/// each becomes the oldest in the end.
/// A prompt that mostly repeats an older one still being computed waits until it can take over the result.
/// Memory: whoever needs a block when none is free gets it from the youngest in work, which starts again when there is room: the oldest always goes on,
/// and the cache holds at least one context, so every sequence ends. Sequences enter in order of arrival, when their tokens so far have room.
/// </remarks>
/// <param name="pool">Memory of keys and values; it belongs to this scheduler alone.</param>
/// <param name="options">How many sequences and rows a step may have.</param>
/// <param name="adapters">How many adapters of the model have names.</param>
internal sealed class Scheduler(BlockPool pool, EngineOptions options, int adapters = 0)
{
    private readonly PrefixCache? _prefixes = options.SharePrefixes ? new PrefixCache(pool, options.Speculation == SpeculationKind.Mtp, adapters: adapters) : null;
    private readonly List<Sequence> _waiting = []; // both by age, the oldest first
    private readonly List<Sequence> _running = new(options.MaxSequences);
    private readonly List<Sequence> _prompts = new(options.MaxSequences);
    private readonly List<PlannedRows> _plan = new(options.MaxSequences);
    private readonly int[] _shares = new int[options.MaxSequences]; // rows of each of the prompts
    private long _tickets;

    /// <summary>Whether a sequence is waiting or in work.</summary>
    public bool HasWork => _waiting.Count + _running.Count > 0;

    /// <summary>Whether a sequence may take over keys and values in the next step.</summary>
    public bool HasBeginners
    {
        get
        {
            bool has = _waiting.Count > 0;
            foreach (Sequence sequence in _running)
            {
                has |= sequence.Computed == 0;
            }

            return has;
        }
    }

    /// <summary>All sequences, those in work first.</summary>
    public IEnumerable<Sequence> All => _running.Concat(_waiting);

    /// <summary>How often a sequence had to give its blocks back.</summary>
    public long Preemptions { get; private set; }

    public void Add(Sequence sequence)
    {
        sequence.Ticket = _tickets++;
        _waiting.Add(sequence);
    }

    /// <summary>The weights have changed: nothing computed before is shared any more.</summary>
    public void Forget() => _prefixes?.Forget();

    /// <summary>Lets all sequences leave that are done, then takes waiting ones into work, as many as there is room for.</summary>
    public void Admit()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].IsDone)
            {
                _running[i].Leave();
                _running.RemoveAt(i);
            }
        }

        while (_waiting.Count > 0 && _running.Count < options.MaxSequences)
        {
            Sequence next = _waiting[0];
            if (!next.IsDone)
            {
                if (_running.Count > 0 && !HasRoom(next))
                {
                    return;
                }

                next.Enter(pool, drafts: options.Speculation == SpeculationKind.Mtp);
                Insert(_running, next);
            }

            _waiting.RemoveAt(0);
        }
    }

    /// <summary>The rows of the next step; empty when nothing is in work. Valid until the next call.</summary>
    public ReadOnlySpan<PlannedRows> Next()
    {
        _plan.Clear();
        for (int i = 0; i < _running.Count; i++)
        {
            if (_running[i] is { IsDone: false, IsDecoding: true } sequence && !Plan(sequence, 1 + sequence.DraftCount))
            {
                Preempt(sequence); // the youngest itself
            }
        }

        int left = options.TokenBudget;
        foreach (PlannedRows rows in _plan)
        {
            left -= rows.Count;
        }

        PlanPrompts(Math.Max(left, 1)); // prompts go on, slowly, even when decoding alone fills the budget
        return CollectionsMarshal.AsSpan(_plan);
    }

    /// <summary>A step is over: what its sequences have computed may be shared.</summary>
    public void Record(ReadOnlySpan<PlannedRows> plan)
    {
        foreach (PlannedRows rows in plan)
        {
            if (rows.Sequence is { Failure: null } sequence)
            {
                _prefixes?.Record(sequence.Tokens, sequence.Cache!.Table, sequence.Recorded, sequence.Computed, sequence.Adapter);
                sequence.EndStep();
            }
        }
    }

    private static void Insert(List<Sequence> list, Sequence sequence)
    {
        int place = list.Count;
        while (place > 0 && list[place - 1].Ticket > sequence.Ticket)
        {
            place--;
        }

        list.Insert(place, sequence);
    }

    /// <summary>Whether the tokens so far, and one more, fit beside what those in work still need for theirs.</summary>
    private bool HasRoom(Sequence sequence)
    {
        int held = 0;
        _prefixes?.Measure(sequence.Tokens, out held, sequence.Adapter);
        long needed = BlockTable.BlocksFor(Math.Min(sequence.Length + 1, sequence.Capacity)) - held;
        foreach (Sequence other in _running)
        {
            needed += Math.Max(0, BlockTable.BlocksFor(other.Length) - other.Cache!.Table.Count);
        }

        return needed <= pool.Free;
    }

    private void PlanPrompts(int budget)
    {
        _prompts.Clear();
        foreach (Sequence sequence in _running)
        {
            if (!sequence.IsDone && !sequence.IsDecoding && !Inherits(sequence))
            {
                _prompts.Add(sequence);
            }
        }

        int left = budget, others = Math.Max(_prompts.Count - 1, 1);
        for (int i = 0; i < _prompts.Count; i++)
        {
            int share = _prompts.Count == 1 ? budget : i == 0 ? (budget + 1) / 2 : budget / 2 / others;
            _shares[i] = Math.Min(share, _prompts[i].Remaining);
            left -= _shares[i];
        }

        for (int i = 0; i < _prompts.Count; i++)
        {
            Sequence sequence = _prompts[i];
            int more = Math.Min(left, sequence.Remaining - _shares[i]);
            left -= more;
            int rows = _shares[i] + more;
            if (sequence.Cache is not null && rows > 0) // not preempted meanwhile
            {
                Plan(sequence, rows == sequence.Remaining ? rows + sequence.DraftCount : rows);
            }
        }
    }

    /// <summary>Takes over what others have computed of a prompt that is to begin. True when it is better to wait for more.</summary>
    private bool Inherits(Sequence sequence)
    {
        if (_prefixes is null || sequence.Computed > 0)
        {
            return false;
        }

        int known = _prefixes.Measure(sequence.Tokens, out _, sequence.Adapter);
        foreach (Sequence older in _running)
        {
            if (older == sequence)
            {
                break;
            }

            int common = Math.Min(older.Tokens.CommonPrefixLength(sequence.Tokens), sequence.Length - 1);
            bool isMuch = common >= BlockPool.BlockRows || 2 * common >= sequence.Length;
            if (!older.IsDone && older.Adapter == sequence.Adapter && isMuch && common > Math.Max(known, older.Computed))
            {
                return true;
            }
        }

        sequence.Inherit(_prefixes.Attach(sequence.Tokens, sequence.Cache!, sequence.Adapter));
        return false;
    }

    /// <summary>
    /// Plans so many rows of a sequence, or, of a prompt, as many as its blocks and the free ones have room for; if that is none, younger ones give theirs back.
    /// </summary>
    private bool Plan(Sequence sequence, int rows)
    {
        BlockTable table = sequence.Cache!.Table;
        while (Room(sequence) < rows)
        {
            int part = Math.Min(Room(sequence), sequence.Remaining - 1);
            if (part > 0)
            {
                rows = part;
                break;
            }

            Sequence youngest = _running[^1];
            if (youngest == sequence)
            {
                return false;
            }

            Preempt(youngest);
        }

        table.TryReserve(Math.Min(table.Limit, (long)sequence.Computed + rows + sequence.RowsAhead));
        _plan.Add(new PlannedRows(sequence, rows));
        return true;
    }

    /// <summary>Rows of a sequence that its blocks and the free ones have room for.</summary>
    private static int Room(Sequence sequence)
    {
        int reachable = sequence.Cache!.Table.ReachableRows;
        return reachable == sequence.Capacity ? int.MaxValue : reachable - sequence.Computed - sequence.RowsAhead;
    }

    private void Preempt(Sequence sequence)
    {
        sequence.Leave();
        _running.Remove(sequence);
        Insert(_waiting, sequence);
        for (int i = _plan.Count - 1; i >= 0; i--)
        {
            if (_plan[i].Sequence == sequence)
            {
                _plan.RemoveAt(i);
            }
        }

        Preemptions++;
    }
}
