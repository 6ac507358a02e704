using Razum.Tensors;
using Razum.Tensors.Simd;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Attention on every instruction set against the formula in double, and the equalities that must hold bit for bit.</summary>
public sealed class AttentionTests
{
    private const int T = 81;

    // Name, shape, whether the values are the first columns of the keys.
    private static readonly (string Name, AttentionShape Shape, bool Views)[] s_shapes =
    [
        ("one head", new(1, 1, 8, 8, 0.35f), false),
        ("grouped", new(6, 2, 16, 16, 0.25f), false),
        ("grouped, window", new(4, 2, 32, 32, 0.18f, Window: 13), false),
        ("window across tiles", new(2, 2, 16, 16, 0.25f, Window: 40), false),
        ("odd columns", new(3, 3, 5, 7, 0.45f), false),
        ("latent, expanded", new(3, 3, 24, 16, 0.2f), false),
        ("latent, absorbed", new(5, 1, 40, 32, 0.16f), true),
        ("absorbed, window", new(5, 1, 40, 36, 0.16f, Window: 1), true),
        ("columns of one and a half vectors", new(2, 1, 48, 48, 0.14f), false),
    ];

    public static TheoryData<string, InstructionSet> Cases
    {
        get
        {
            var cases = new TheoryData<string, InstructionSet>();
            foreach (InstructionSet set in InstructionSets.Supported)
            {
                foreach ((string name, _, _) in s_shapes)
                {
                    cases.Add(name, set);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EqualsTheFormula(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        Segment[] segments = [new(0, 37), new(37, 1), new(38, T - 38)];
        (float[] y, float[] logSumExp) = problem.Forward(set, 2, 0, T, 0, segments);
        (double[] expected, double[] expectedLogSumExp) = problem.Reference(segments);
        AssertNear(expected, y, 2e-6);
        AssertNear(expectedLogSumExp, logSumExp, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void QueriesThatAreTheLastRowsOfTheirKeys(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        (float[] y, _) = problem.Forward(set, 1, 0, T, 0, new Segment(60, T - 60, 0, T, null));
        (float[] whole, _) = problem.Forward(set, 1, 0, T, 0, new Segment(0, T));
        int from = 60 * problem.Shape.Heads * problem.Shape.ValueDim;
        Assert.Equal(whole[from..], y[from..]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ThreadsChangeNothing(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        Segment[] segments = [new(0, 50), new(50, T - 50)];
        (float[] y, float[] logSumExp) = problem.Forward(set, 1, 0, T, 0, segments);
        float[] weights = Weights(problem);
        (float[] dq, float[] dk, float[] dv) = problem.Backward(set, 1, weights, 0, segments);
        for (int threads = 2; threads <= 3; threads++)
        {
            (float[] y2, float[] logSumExp2) = problem.Forward(set, threads, 0, T, 0, segments);
            Assert.Equal(y, y2);
            Assert.Equal(logSumExp, logSumExp2);
            (float[] dq2, float[] dk2, float[] dv2) = problem.Backward(set, threads, weights, 0, segments);
            Assert.Equal(dq, dq2);
            Assert.Equal(dk, dk2);
            Assert.Equal(dv, dv2);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void StrangersChangeNothing(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        (float[] packed, _) = problem.Forward(set, 2, 0, T, 0, new Segment(0, 3), new Segment(3, 40), new Segment(43, T - 43));
        int columns = problem.Shape.Heads * problem.Shape.ValueDim;
        foreach ((int start, int count) in new[] { (0, 3), (3, 40), (43, T - 43) })
        {
            (float[] alone, _) = problem.Forward(set, 1, start, count, 0, new Segment(0, count));
            Assert.Equal(packed[(start * columns)..((start + count) * columns)], alone);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ChunksAndDecodingEqualTheWhole(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        int columns = problem.Shape.Heads * problem.Shape.ValueDim;
        (float[] whole, _) = problem.Forward(set, 1, 0, T, 0, new Segment(0, T));
        using KeyValueCache cache = problem.Cache();
        int start = 0;
        foreach (int count in new[] { 5, 33, 1, 1, 1, 7, 18, 1, 1, 1, 1, 11 })
        {
            for (int layer = 0; layer < 2; layer++)
            {
                (float[] chunk, _) = problem.Forward(set, count % 3 + 1, start, count, layer, new Segment(0, count, 0, count, cache));
                Assert.Equal(whole[(start * columns)..((start + count) * columns)], chunk);
            }

            cache.Advance(count);
            start += count;
        }

        Assert.Equal(T, start);

        // Rows taken back and appended again.
        cache.Truncate(30);
        (float[] again, _) = problem.Forward(set, 1, 30, T - 30, 1, new Segment(0, T - 30, 0, T - 30, cache));
        Assert.Equal(whole[(30 * columns)..], again);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void GradientsEqualCentralDifferences(string name, InstructionSet set)
    {
        const int Rows = 41;
        using AttentionProblem problem = Problem(name, Rows);
        Segment[] segments = [new(0, 36), new(36, Rows - 36)];
        float[] weights = Weights(problem);
        (float[] dq, float[] dk, float[] dv) = problem.Backward(set, 2, weights, 0, segments);
        var random = new Random(5);
        for (int sample = 0; sample < 30; sample++)
        {
            AssertSlope(problem, segments, weights, problem.Q, dq, random);
            AssertSlope(problem, segments, weights, problem.K, dk, random);
            AssertSlope(problem, segments, weights, problem.V, dv, random);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void GradientsAreAdded(string name, InstructionSet set)
    {
        using AttentionProblem problem = Problem(name, T);
        float[] weights = Weights(problem);
        Segment segment = new(0, T);
        (float[] dq, float[] dk, float[] dv) = problem.Backward(set, 1, weights, 0, segment);
        (float[] dq2, float[] dk2, float[] dv2) = problem.Backward(set, 1, weights, 1, segment);
        AssertNear(dq.Select(x => x + 1.0).ToArray(), dq2, 1e-6);
        AssertNear(dk.Select(x => x + 1.0).ToArray(), dk2, 1e-6);
        AssertNear(dv.Select(x => x + 1.0).ToArray(), dv2, 1e-6);
    }

    [Fact]
    public void WrongShapesAreRefused()
    {
        using AttentionProblem problem = Problem("grouped", T);
        Assert.Throws<ArgumentException>(() => problem.Forward(InstructionSet.Scalar, 1, 0, T, 0, new Segment(1, T)));
        Assert.Throws<ArgumentException>(() => problem.Forward(InstructionSet.Scalar, 1, 0, T, 0, new Segment(0, 5, 0, 4, null)));
        using var narrow = KeyValueCache.Alone(new CacheShape(1, 4, 4), T);
        Assert.Throws<ArgumentException>(() => problem.Forward(InstructionSet.Scalar, 1, 0, T, 0, new Segment(0, T, 0, T, narrow)));
    }

    private static AttentionProblem Problem(string name, int rows)
    {
        (_, AttentionShape shape, bool views) = s_shapes.Single(s => s.Name == name);
        return new AttentionProblem(shape, rows, 11, views);
    }

    private static float[] Weights(AttentionProblem problem)
    {
        var random = new Random(3);
        return Enumerable.Range(0, problem.Q.Rows * problem.Shape.Heads * problem.Shape.ValueDim).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
    }

    private static void AssertSlope(AttentionProblem problem, Segment[] segments, float[] weights, Tensor x, float[] gradient, Random random)
    {
        (int row, int column) = (random.Next(x.Rows), random.Next(x.Columns));
        float saved = x[row][column];
        float above = saved + 2e-3f, below = saved - 2e-3f;
        x[row][column] = above;
        double high = Loss(problem, segments, weights);
        x[row][column] = below;
        double low = Loss(problem, segments, weights);
        x[row][column] = saved;
        Assert.Equal((high - low) / ((double)above - below), gradient[(row * x.Columns) + column], 2e-5);
    }

    private static double Loss(AttentionProblem problem, Segment[] segments, float[] weights) =>
        problem.Reference(segments).Y.Zip(weights, (y, w) => y * w).Sum();

    private static void AssertNear(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]))))
            {
                Assert.Fail($"value {i}: {actual[i]} instead of {expected[i]}");
            }
        }
    }
}
