using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors;

/// <summary>Weights whose values are made when they are first asked for, and rows in another order.</summary>
public sealed class WeightTests
{
    [Fact]
    public void Deferred_values_are_made_once_and_counted_before()
    {
        int made = 0;
        using Weight weight = Weight.Deferred("w", 3, 5, (values, name) =>
        {
            made++;
            values.Fill(name.Length);
        });
        Assert.Equal((60, 60, 0), (weight.PendingBytes, weight.StoredBytes, made));
        Parallel.For(0, 8, _ => Assert.Equal(Enumerable.Repeat(1f, 15), weight.ToArray()));
        Assert.Equal((0, 60, 1), (weight.PendingBytes, weight.StoredBytes, made));
    }

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_K)]
    public void Rearranged_rows_are_those_of_the_file(GgmlType type)
    {
        using TemporaryFolder folder = new();
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 40 * 256).Select(_ => random.NextSingle() - 0.5f)];
        var writer = new GgufWriter();
        using WorkerPool pool = new(1);
        new GgufRows { Name = "w", Dims = [256, 40], Type = GgmlType.F32, Read = (row, target) => values.AsSpan((int)row * 256, 256).CopyTo(target) }
            .AddTo(writer, type, null, pool);
        writer.Save(folder.File("w.gguf"));

        using var model = new GgufModel(folder.File("w.gguf"));
        using Weight stored = model.ReadRows("w", "w", 0, 40, 256);
        int[] order = [.. Enumerable.Range(0, 40).Select(i => (7 * i) % 40)];
        using Weight rearranged = stored.Rearranged(order);
        Assert.Equal(type is GgmlType.Q8_0 or GgmlType.Q4_K, rearranged.IsMapped);
        float[] all = stored.ToArray();
        Assert.Equal(order.SelectMany(r => all[(256 * r)..(256 * (r + 1))]), rearranged.ToArray());

        // As tiles or panels, too.
        using CpuOps ops = new(1);
        Tensor x = ops.Arena.Allocate(1, 256);
        values.AsSpan(0, 256).CopyTo(x[0]);
        float[] y = ops.Linear(x, stored)[0].ToArray();
        Assert.Equal(order.Select(r => y[r]), ops.Linear(x, rearranged)[0].ToArray());
        rearranged.StaysInPlace = rearranged.IsMapped;
        Assert.Equal(order.Select(r => y[r]), ops.Linear(x, rearranged)[0].ToArray());
    }
}
