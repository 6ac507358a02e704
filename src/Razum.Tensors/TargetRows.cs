namespace Razum.Tensors;

/// <summary>The rows of a loss that count (weight not 0), with their targets and weights, in arena memory.</summary>
internal readonly unsafe struct TargetRows
{
    public int* Rows { get; private init; }

    public int* Targets { get; private init; }

    public float* Weights { get; private init; }

    public int Count { get; private init; }

    /// <param name="targets">One per row; empty for a loss without targets.</param>
    /// <param name="weights">One per row; empty means 1 for all.</param>
    public static TargetRows Of(Arena arena, Tensor hidden, Weight head, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights)
    {
        if ((targets.Length != 0 && targets.Length != hidden.Rows) || (weights.Length != 0 && weights.Length != hidden.Rows))
        {
            throw new ArgumentException($"{targets.Length} targets and {weights.Length} weights for {hidden.Rows} rows");
        }

        int* rows = arena.AllocateInts(hidden.Rows);
        int* ids = arena.AllocateInts(hidden.Rows);
        float* kept = (float*)arena.AllocateInts(hidden.Rows);
        int count = 0;
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

            rows[count] = t;
            ids[count] = target;
            kept[count++] = weight;
        }

        return new TargetRows { Rows = rows, Targets = ids, Weights = kept, Count = count };
    }
}
