using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Rotary embedding on every instruction set: against the formula, its gradient, and rows that do not see each other.</summary>
public sealed class RopeTests
{
    public static TheoryData<InstructionSet, RopeLayout, int> Cases
    {
        get
        {
            var cases = new TheoryData<InstructionSet, RopeLayout, int>();
            foreach (InstructionSet set in InstructionSets.Supported)
            {
                foreach (int dim in new[] { 2, 6, 10, 22, 64 })
                {
                    cases.Add(set, RopeLayout.Half, dim);
                    cases.Add(set, RopeLayout.Interleaved, dim);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EqualsTheFormula(InstructionSet set, RopeLayout layout, int dim)
    {
        using var arena = new Arena();
        RopeTable table = Table(layout, dim);
        int[] positions = [0, 1, 2, 700, 5];
        Tensor x = Random(arena, positions.Length, 3 * (dim + 5), 1), expected = Copy(arena, x);
        Rope.Reference(expected, table, positions, dim + 5, 4);
        Rotate(set, x, table, positions, dim + 5, 4, backward: false);
        AssertNear(expected, x, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BackwardIsTheTransposedForward(InstructionSet set, RopeLayout layout, int dim)
    {
        using var arena = new Arena();
        RopeTable table = Table(layout, dim);
        int[] positions = [3, 1, 9];
        Tensor x = Random(arena, positions.Length, 2 * dim, 1), dy = Random(arena, positions.Length, 2 * dim, 2);
        Tensor y = Copy(arena, x), dx = Copy(arena, dy);
        Rotate(set, y, table, positions, dim, 0, backward: false);
        Rotate(set, dx, table, positions, dim, 0, backward: true);
        Assert.Equal(Dot(dy, y), Dot(dx, x), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void RowsDoNotSeeEachOther(InstructionSet set, RopeLayout layout, int dim)
    {
        using var arena = new Arena();
        Tensor x = Random(arena, 4, 2 * dim, 1);
        float[] before = x[2].ToArray();
        Rotate(set, x, Table(layout, dim), [8, 1, 300, 2], dim, 0, backward: false);
        Tensor alone = arena.Allocate(1, 2 * dim);
        before.CopyTo(alone[0]);
        Rotate(set, alone, Table(layout, dim), [300], dim, 0, backward: false);
        Assert.Equal(x[2].ToArray(), alone[0].ToArray());
    }

    [Fact]
    public void ATableGrowsWithoutChangingABit()
    {
        RopeTable grown = Table(RopeLayout.Half, 10), atOnce = Table(RopeLayout.Half, 10);
        foreach (int positions in new[] { 1, 300, 301, 5000 })
        {
            grown.Rows(positions);
        }

        Assert.Equal(atOnce.Rows(5000)[..50_000], grown.Rows(5000)[..50_000]);
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        using var arena = new Arena();
        Tensor x = Random(arena, 2, 16, 1);
        RopeTable table = Table(RopeLayout.Half, 8);
        Assert.Throws<ArgumentException>(() => new RopeTable(7, 10000, RopeLayout.Half));
        Assert.Throws<ArgumentException>(() => Rope.Reference(x, table, [0], 8, 0));
        Assert.Throws<ArgumentException>(() => Rope.Reference(x, table, [0, 1], 8, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rope.Reference(x, table, [0, -1], 8, 0));
    }

    private static RopeTable Table(RopeLayout layout, int dim) =>
        new(dim, 10000, layout, new RopeScaling.Yarn(4, 32, 1, 1, 0.5, 64, null));

    private static void Rotate(InstructionSet set, Tensor x, RopeTable table, int[] positions, int headDim, int offset, bool backward)
    {
        using var pool = new WorkerPool(2);
        KernelTable kernels = KernelTable.Create(set, pool);
        if (backward)
        {
            kernels.RopeBackward(x, table, positions, headDim, offset);
        }
        else
        {
            kernels.Rope(x, table, positions, headDim, offset);
        }
    }

    private static Tensor Random(Arena arena, int rows, int columns, int seed)
    {
        var random = new Random(seed);
        Tensor x = arena.Allocate(rows, columns);
        for (int r = 0; r < rows; r++)
        {
            foreach (ref float value in x[r])
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        return x;
    }

    private static Tensor Copy(Arena arena, Tensor x)
    {
        Tensor copy = arena.Allocate(x.Rows, x.Columns);
        for (int r = 0; r < x.Rows; r++)
        {
            x[r].CopyTo(copy[r]);
        }

        return copy;
    }

    private static double Dot(Tensor a, Tensor b) => a.ToArray().Zip(b.ToArray(), (x, y) => (double)x * y).Sum();

    private static void AssertNear(Tensor expected, Tensor actual, double tolerance)
    {
        foreach ((float e, float a) in expected.ToArray().Zip(actual.ToArray()))
        {
            Assert.Equal(e, a, tolerance);
        }
    }
}
