using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>Muon and its Newton-Schulz steps against the reference, and that its bits depend on nothing but the values.</summary>
[Trait("golden", "yes")]
public sealed class MuonTests
{
    private static readonly AdamWSettings s_unclipped = new() { WeightDecay = 0.1, ClipNorm = double.PositiveInfinity };

    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("muon", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Trajectories_are_the_reference_s(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        JsonElement s = document.RootElement.GetProperty("settings");
        AdamWSettings others = s_unclipped with { WeightDecay = s.GetProperty("wd").GetDouble() };
        MuonSettings settings = new() { Momentum = s.GetProperty("mu").GetDouble(), Nesterov = s.GetProperty("nesterov").GetBoolean() };
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        foreach (string shape in inputs.Keys.Where(k => k.EndsWith(".w", StringComparison.Ordinal)).Select(k => k[..^2]))
        {
            Compare($"{shape}.w64", settings);
            Compare($"{shape}.plain_momentum.w64", settings with { Nesterov = false });
            Compare($"{shape}.keller_scale.w64", settings with { MatchesAdamW = false });

            void Compare(string output, MuonSettings of)
            {
                double tolerance = document.RootElement.GetProperty("tolerance").GetProperty(output).GetProperty("float32").GetProperty("atol").GetDouble();
                double worst = Worst(inputs[shape + ".w"], inputs[shape + ".grads"], expected[output].Values, of, others, s.GetProperty("lr").GetDouble());
                Goldens.Report(Path.GetFileName(folder), output, worst, tolerance);
                Assert.True(worst <= tolerance, $"{output}: {worst} > {tolerance}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Newton_Schulz_is_the_reference_s_for_every_instruction_set(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        foreach (string output in expected.Keys.Where(k => k.EndsWith(".ns5", StringComparison.Ordinal)))
        {
            GoldenTensor gradients = inputs[output[..^4] + ".grads"];
            double tolerance = document.RootElement.GetProperty("tolerance").GetProperty(output).GetProperty("atol").GetDouble();
            using Arena arena = new();
            Tensor m = arena.Allocate(gradients.Shape[1], gradients.Shape[2]);
            for (int r = 0; r < m.Rows; r++)
            {
                gradients.ToFloats().AsSpan(r * m.Columns, m.Columns).CopyTo(m[r]);
            }

            Tensor y = arena.Allocate(m.Rows, m.Columns);
            NewtonSchulz.Reference(m, y);
            Within("reference");
            foreach (InstructionSet set in InstructionSets.Supported)
            {
                using CpuOps ops = new(1, set);
                ops.Kernels.NewtonSchulz(m, y);
                Within($"{set}");
            }

            void Within(string by)
            {
                double worst = y.ToArray().Zip(expected[output].Values, (a, b) => Math.Abs(a - b)).Max();
                Goldens.Report(Path.GetFileName(folder), output, worst, tolerance);
                Assert.True(worst <= tolerance, $"{output} by {by}: {worst} > {tolerance}");
            }
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads_and_gradients_are_cleared()
    {
        float[] one = Run(1);
        Assert.Equal(one, Run(2));
        Assert.Equal(one, Run(3));

        static float[] Run(int threads)
        {
            using CpuOps ops = new(threads);
            Weight[] weights = [Weight.Create("a.weight", 70, 33), Weight.Create("b.weight", 20, 90), Weight.Create("lm_head.weight", 9, 33), Weight.Create("n", 1, 33, isVector: true)];
            using Muon optimizer = new(weights, ops, new MuonSettings(), new AdamWSettings { ClipNorm = 0.5 });
            Random random = new(3);
            for (int step = 0; step < 3; step++)
            {
                foreach (Weight weight in weights)
                {
                    Tensor gradient = weight.Gradient!.Value;
                    for (int i = 0; i < gradient.Rows; i++)
                    {
                        foreach (ref float value in gradient[i])
                        {
                            value = random.NextSingle() - 0.5f;
                        }
                    }
                }

                optimizer.Update(1e-2, optimizer.GradientNorm());
            }

            Assert.Equal(0, optimizer.GradientNorm());
            return [.. weights.SelectMany(w => w.ToArray())];
        }
    }

    private static double Worst(GoldenTensor start, GoldenTensor gradients, double[] want, MuonSettings settings, AdamWSettings others, double rate)
    {
        using CpuOps ops = new(2);
        using Weight weight = Weight.Create("w", start.Shape[0], start.Shape[1]);
        using Muon optimizer = new([weight], ops, settings, others);
        start.ToFloats().CopyTo(weight.AsSpan());
        float[] values = gradients.ToFloats();
        int count = (int)weight.Count;
        double worst = 0;
        for (int step = 0; step < gradients.Shape[0]; step++)
        {
            Tensor gradient = weight.Gradient!.Value;
            for (int r = 0; r < gradient.Rows; r++)
            {
                values.AsSpan((step * count) + (r * gradient.Columns), gradient.Columns).CopyTo(gradient[r]);
            }

            optimizer.Update(rate, optimizer.GradientNorm());
            worst = Math.Max(worst, weight.ToArray().Select((v, i) => Math.Abs(v - want[(step * count) + i])).Max());
        }

        return worst;
    }
}
