using Razum.Tensors;
using Razum.Tensors.Simd;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Which keys the indexer chooses: ties, scores that are no numbers, more keys than fit a piece of work, caches.</summary>
public sealed class SparseAttentionTests
{
    private static readonly AttentionShape s_shape = new(2, 1, 5, 4, 0.4f);
    private static readonly IndexShape s_index = new(3, 4, 6);

    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    [Theory]
    [MemberData(nameof(Sets))]
    public void Of_equal_scores_the_first_are_chosen(InstructionSet set)
    {
        using var problem = new Problem(40, 1);
        problem.Weights[30].Clear();
        foreach (int t in (int[])[31, 32])
        {
            // relu gives 0 for every key; the weights make it 0 and -0.
            problem.Queries[t].Clear();
            problem.Weights[t].Fill(t == 31 ? -1 : 1);
        }

        float[] ids = problem.Run(set, 2, new Segment(0, 40)).Ids;
        Assert.All((int[])[30, 31, 32], t => Assert.Equal([0, 1, 2, 3, 4, 5], ids.AsSpan(t * 6, 6).ToArray()));
        Assert.Equal([0, 1, 2, -1, -1, -1], ids.AsSpan(2 * 6, 6).ToArray());
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Scores_that_are_no_numbers_choose_something(InstructionSet set)
    {
        using var problem = new Problem(40, 1);
        problem.Weights[30][1] = float.NaN;
        problem.Queries[31].Fill(float.PositiveInfinity);
        float[] ids = problem.Run(set, 1, new Segment(0, 40)).Ids;
        foreach (int t in (int[])[30, 31])
        {
            float[] row = ids.AsSpan(t * 6, 6).ToArray();
            Assert.Equal(row.Distinct().Order(), row);
            Assert.All(row, id => Assert.InRange(id, 0, t));
        }
    }

    /// <summary>So many rows and keys that scores are made in several pieces and the rows in several lots.</summary>
    [Theory]
    [MemberData(nameof(Sets))]
    public void Long_sequences_choose_the_highest_scores(InstructionSet set)
    {
        const int T = 1100;
        using var problem = new Problem(T, 7);
        (float[] y, float[] ids) = problem.Run(set, 2, new Segment(0, T));
        for (int t = 6; t < T; t += 109)
        {
            float[] expected = [.. Enumerable.Range(0, t + 1).OrderByDescending(s => problem.Score(t, s)).Take(6).Order().Select(id => (float)id)];
            Assert.Equal(expected, ids.AsSpan(t * 6, 6).ToArray());
        }

        Assert.Equal(y, problem.Run(set, 1, new Segment(0, T)).Y);
    }

    /// <summary>A cache whose first row is missing (multi-token prediction) has the same keys one position later, in other tiles.</summary>
    [Theory]
    [MemberData(nameof(Sets))]
    public void Rows_in_a_cache_give_the_bits_of_a_whole_sequence(InstructionSet set)
    {
        using var problem = new Problem(90, 3);
        float[] whole = problem.Run(set, 1, new Segment(0, 90)).Y;
        foreach (bool ahead in (bool[])[false, true])
        {
            using KeyValueCache cache = KeyValueCache.Alone(new CacheShape(2, s_shape.KeyDim + s_index.Dim, 0), 128);
            KeyValueCache rows = ahead ? cache.CreateAhead() : cache;
            List<float> pieces = [];
            int at = 0;
            foreach (int count in (int[])[50, 1, 1, 30, 8])
            {
                pieces.AddRange(problem.Run(set, 2, new Segment(at, count, at, count, rows)).Y.AsSpan(at * 8, count * 8));
                rows.Advance(count);
                at += count;
            }

            Assert.Equal(whole, pieces);
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var problem = new Problem(3, 1);
        using var ops = new CpuOps(1);
        Segment[] all = [new Segment(0, 3)];
        Assert.Throws<ArgumentException>(() => ops.SparseAttention(
            problem.Q, problem.Rows.Slice(0, 8), problem.Queries, problem.Weights, s_shape, s_index, all, 0, ""));
        Assert.Throws<ArgumentException>(() => ops.SparseAttention(
            problem.Q, problem.Rows, problem.Queries.SliceRows(0, 2), problem.Weights, s_shape, s_index, all, 0, ""));
        Assert.Throws<ArgumentException>(() => ops.SparseAttention(
            problem.Q, problem.Rows, problem.Queries, problem.Weights, s_shape with { Window = 2 }, s_index, all, 0, ""));
        Assert.Throws<ArgumentException>(() => ops.SparseAttention(
            problem.Q, problem.Rows, problem.Queries, problem.Weights, s_shape, s_index, [new Segment(1, 3)], 0, ""));
    }

    /// <summary>Random inputs of one sequence.</summary>
    private sealed class Problem : IDisposable
    {
        private readonly Arena _arena = new();

        public Problem(int rows, int seed)
        {
            var random = new Random(seed);
            Q = Fill(rows, s_shape.Heads * s_shape.KeyDim, random);
            Rows = Fill(rows, s_shape.KeyDim + s_index.Dim, random);
            Queries = Fill(rows, s_index.Heads * s_index.Dim, random);
            Weights = Fill(rows, s_index.Heads, random);
        }

        public Tensor Q { get; }

        public Tensor Rows { get; }

        public Tensor Queries { get; }

        public Tensor Weights { get; }

        public (float[] Y, float[] Ids) Run(InstructionSet set, int threads, Segment segment)
        {
            using var ops = new CpuOps(threads, set);
            float[] ids = [];
            ops.TensorObserver = (_, value) => ids = value.ToArray();
            Tensor y = ops.SparseAttention(Q, Rows, Queries, Weights, s_shape, s_index, [segment], 1, "indexer");
            return (y.ToArray(), ids);
        }

        public double Score(int t, int s)
        {
            double score = 0;
            for (int h = 0; h < s_index.Heads; h++)
            {
                double dot = 0;
                for (int d = 0; d < s_index.Dim; d++)
                {
                    dot += (double)Queries[t][(h * s_index.Dim) + d] * Rows[s][s_shape.KeyDim + d];
                }

                score += Weights[t][h] * Math.Max(dot, 0);
            }

            return score;
        }

        public void Dispose() => _arena.Dispose();

        private Tensor Fill(int rows, int columns, Random random)
        {
            Tensor x = _arena.Allocate(rows, columns);
            for (int t = 0; t < rows; t++)
            {
                foreach (ref float value in x[t])
                {
                    value = (2 * random.NextSingle()) - 1;
                }
            }

            return x;
        }
    }
}
