namespace Razum.Tensors;

/// <summary>The rows of a loss that count (weight not 0), with their targets, weights and sets of tokens, in arena memory.</summary>
internal readonly unsafe struct TargetRows
{
    public int* Rows { get; private init; }

    public int* Targets { get; private init; }

    public float* Weights { get; private init; }

    public int Count { get; private init; }

    /// <summary>Tokens of all sets, and where those of each row end; null where every softmax is over the whole vocabulary.</summary>
    private int* SetIds { get; init; }

    private int* SetEnds { get; init; }

    /// <param name="targets">One per row; empty for a loss without targets.</param>
    /// <param name="weights">One per row; empty means 1 for all.</param>
    /// <param name="sets">Of each row; a target is in its set.</param>
    public static TargetRows Of(
        Arena arena, Tensor hidden, Weight head, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, TokenSets sets = default)
    {
        if ((targets.Length != 0 && targets.Length != hidden.Rows) || (weights.Length != 0 && weights.Length != hidden.Rows)
            || (sets.Rows != 0 && sets.Rows != hidden.Rows))
        {
            throw new ArgumentException($"{targets.Length} targets, {weights.Length} weights and {sets.Rows} sets for {hidden.Rows} rows");
        }

        int* rows = arena.AllocateInts(hidden.Rows);
        int* ids = arena.AllocateInts(hidden.Rows);
        float* kept = (float*)arena.AllocateInts(hidden.Rows);
        int* setIds = sets.Rows == 0 ? null : arena.AllocateInts(sets.Count);
        int* setEnds = sets.Rows == 0 ? null : arena.AllocateInts(hidden.Rows);
        int count = 0, used = 0;
        for (int t = 0; t < hidden.Rows; t++)
        {
            int target = targets.IsEmpty ? 0 : targets[t];
            float weight = weights.IsEmpty ? 1 : weights[t];
            if (weight == 0)
            {
                continue;
            }

            if ((uint)target >= (uint)head.Rows)
            {
                throw new ArgumentOutOfRangeException(nameof(targets), $"target {target} at row {t} is not below {head.Rows}");
            }

            if (setIds != null)
            {
                Check(sets[t], target, head.Rows, t);
                sets[t].CopyTo(new Span<int>(setIds + used, sets.Count - used));
                setEnds[count] = used += sets[t].Length;
            }

            rows[count] = t;
            ids[count] = target;
            kept[count++] = weight;
        }

        return new TargetRows { Rows = rows, Targets = ids, Weights = kept, Count = count, SetIds = setIds, SetEnds = setEnds };
    }

    /// <summary>Moves the logits of the tokens that softmax <paramref name="i"/> is over to the front, in their order; returns how many there are.</summary>
    public int Gather(int i, float* logits, int columns)
    {
        int* ids = Set(i, out int count);
        for (int k = 0; k < count; k++)
        {
            logits[k] = logits[ids[k]]; // ids ascend, so that ids[k] >= k: nothing is overwritten that is still to be read
        }

        return count == 0 ? columns : count;
    }

    /// <summary>The opposite: values at the front go to the places of their tokens, and all other places are 0.</summary>
    public void Scatter(int i, float* values, int columns)
    {
        int* ids = Set(i, out int count);
        int end = columns;
        for (int k = count - 1; k >= 0; k--)
        {
            float value = values[k];
            new Span<float>(values + ids[k], end - ids[k]).Clear();
            values[ids[k]] = value;
            end = ids[k];
        }

        new Span<float>(values, count == 0 ? 0 : end).Clear();
    }

    /// <summary>The tokens of a set; none for the whole vocabulary.</summary>
    private int* Set(int i, out int count)
    {
        int start = SetEnds == null || i == 0 ? 0 : SetEnds[i - 1];
        count = SetEnds == null ? 0 : SetEnds[i] - start;
        return SetIds + start;
    }

    private static void Check(ReadOnlySpan<int> set, int target, int vocabulary, int row)
    {
        bool hasTarget = set.IsEmpty;
        int before = -1;
        foreach (int id in set)
        {
            if (id <= before || id >= vocabulary)
            {
                throw new ArgumentException($"the set of row {row}: {id} after {before}; ids must ascend and be below {vocabulary}", nameof(set));
            }

            hasTarget |= id == target;
            before = id;
        }

        if (!hasTarget)
        {
            throw new ArgumentException($"target {target} at row {row} is not in its set of {set.Length} tokens", nameof(target));
        }
    }
}
