using System.Reflection;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Simd;

namespace Razum.Tests.Tensors;

/// <summary>Every operation, on every instruction set of this processor: forward against its scalar reference, backward against central differences.</summary>
public sealed class OpsTests
{
    public static TheoryData<int, InstructionSet> Cases
    {
        get
        {
            var data = new TheoryData<int, InstructionSet>();
            for (int i = 0; i < OpCases.All.Count; i++)
            {
                foreach (InstructionSet set in InstructionSets.Supported)
                {
                    data.Add(new TheoryDataRow<int, InstructionSet>(i, set) { TestDisplayName = $"{OpCases.All[i].Name} on {set}" });
                }
            }

            return data;
        }
    }

    [Fact]
    public void Every_operation_has_a_case()
    {
        // Balance passes its input on and observation computes nothing: they have tests of their own.
        string[] elsewhere = ["SequenceBalance", "Observe"];
        IEnumerable<string> operations = typeof(Ops).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.Name);
        Assert.Equal(operations.Except(elsewhere).Distinct().Order(), OpCases.All.Select(c => c.Op).Distinct().Order());
    }

    [Fact]
    public void Every_kernel_has_forward_backward_and_reference()
    {
        // A class of Kernels with a Forward is an operation; the others are parts of one.
        Type[] kernels = [.. typeof(Ops).Assembly.GetTypes().Where(t => t.Namespace == "Razum.Tensors.Kernels" && t is { IsAbstract: true, IsSealed: true } && Has(t, "Forward"))];
        Assert.NotEmpty(kernels);
        Assert.All(kernels, t => Assert.True(Has(t, "Reference") && Has(t, "Backward"), $"{t.Name} lacks Reference or Backward"));

        static bool Has(Type type, string prefix) =>
            type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(m => m.Name.StartsWith(prefix, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_its_reference_and_its_numerical_gradient(int index, InstructionSet set)
    {
        OpCase test = OpCases.All[index];
        using var ops = new CpuOps(2, set);
        using var arena = new Arena();
        var random = new Random(index + 1);
        Weight[] inputs = [.. test.Inputs.Select((s, i) => Fill(random, $"input {i}", s))];
        Weight[] weights = [.. test.Weights.Select((s, i) => Fill(random, $"weight {i}", s))];
        var tape = new Tape(ops);
        foreach (Weight weight in weights)
        {
            weight.EnableGradient();
        }

        Tensor[] x = [.. inputs.Select(w => tape.Track(View(w)))];
        Tensor y = test.Run(tape, x, weights);
        float[] actual = y.ToArray();
        float[] expected = test.Reference(arena, [.. inputs.Select(View)], weights).ToArray();
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * Math.Max(1, Math.Abs(expected[i])), $"{test}: value {i}: {actual[i]} instead of {expected[i]}");
        }

        Assert.Equal(actual, test.Run(ops, [.. inputs.Select(View)], weights).ToArray());

        float[] direction = [.. actual.Select(_ => (float)((random.NextDouble() * 2) - 1))];
        tape.Backward(y, direction);
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor gradient = tape.GradientOf(x[i]);
            Check(test, inputs, weights, inputs[i], gradient.IsEmpty ? new float[inputs[i].Count] : gradient.ToArray(), direction);
        }

        foreach (Weight weight in weights)
        {
            Check(test, inputs, weights, weight, weight.Gradient!.Value.ToArray(), direction);
        }
    }

    private static void Check(OpCase test, Weight[] inputs, Weight[] weights, Weight varied, float[] gradient, float[] direction)
    {
        Span<float> values = varied.AsSpan();
        double[] numeric = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            numeric[i] = Derivative(i);
        }

        double scale = Math.Max(1, numeric.Max(Math.Abs));
        for (int i = 0; i < numeric.Length; i++)
        {
            Assert.True(
                Math.Abs(numeric[i] - gradient[i]) <= 2e-4 * scale,
                $"{test}: gradient of {varied.Name}[{i / varied.Columns}, {i % varied.Columns}]: {gradient[i]} instead of {numeric[i]}");
        }

        // Five-point central difference: the error is of fourth order in the step, small enough that F32 outputs summed in double decide.
        double Derivative(int i)
        {
            const float Step = 1f / 32;
            return ((8 * (At(i, Step) - At(i, -Step))) - At(i, 2 * Step) + At(i, -2 * Step)) / (12 * Step);
        }

        double At(int i, float change)
        {
            float kept = varied.AsSpan()[i];
            varied.AsSpan()[i] = kept + change;
            using var arena = new Arena();
            float[] y = test.Reference(arena, [.. inputs.Select(View)], weights).ToArray();
            varied.AsSpan()[i] = kept;
            double sum = 0;
            for (int j = 0; j < y.Length; j++)
            {
                sum += (double)y[j] * direction[j];
            }

            return sum;
        }
    }

    private static unsafe Tensor View(Weight weight) => new(weight.Floats, weight.Rows, weight.Columns, weight.Columns);

    private static Weight Fill(Random random, string name, (int Rows, int Columns) shape)
    {
        Weight weight = Weight.Create(name, shape.Rows, shape.Columns);
        // Every row is a shuffle of evenly spaced values: a router's choice never changes within a step of the difference.
        // All are multiples of 1/64, so steps stay exact in F32.
        for (int r = 0; r < shape.Rows; r++)
        {
            Span<float> row = weight.AsSpan().Slice(r * shape.Columns, shape.Columns);
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = MathF.Round(((2f * c / Math.Max(1, row.Length - 1)) - 1) * 64) / 64;
            }

            random.Shuffle(row);
        }

        weight.MarkChanged();
        return weight;
    }
}
