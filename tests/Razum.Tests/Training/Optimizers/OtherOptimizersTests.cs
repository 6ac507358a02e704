using System.Text.Json;
using Razum.Tensors;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>SGD, NAdam and Adafactor against the trajectories of the reference, and that their bits depend on nothing but the values.</summary>
[Trait("golden", "yes")]
public sealed class OtherOptimizersTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("others", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Trajectories_are_the_reference_s(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        foreach (JsonProperty settings in document.RootElement.GetProperty("settings").EnumerateObject())
        {
            foreach ((string start, string gradients) in ((string, string)[])[("w", "grads"), ("vec", "vec_grads")])
            {
                string output = $"{settings.Name}.{start}64";
                double tolerance = document.RootElement.GetProperty("tolerance").GetProperty(output).GetProperty("float32").GetProperty("atol").GetDouble();
                double worst = Worst(settings, inputs[start], inputs[gradients].ToFloats(), expected[output].Values);
                Goldens.Report(Path.GetFileName(folder), output, worst, tolerance);
                Assert.True(worst <= tolerance, $"{output}: {worst} > {tolerance}");
            }
        }
    }

    [Theory]
    [InlineData("sgd_momentum")]
    [InlineData("nadam")]
    [InlineData("adafactor")]
    public void Bits_do_not_depend_on_threads_and_gradients_are_cleared(string name)
    {
        float[] one = Run(1);
        Assert.Equal(one, Run(3));

        float[] Run(int threads)
        {
            using var ops = new CpuOps(threads);
            Weight[] weights = [Weight.Create("a", 130, 150), Weight.Create("b", 20, 90), Weight.Create("n", 1, 33, isVector: true)];
            using Optimizer optimizer = Make(name, weights, ops, default);
            var random = new Random(3);
            for (int step = 0; step < 3; step++)
            {
                foreach (Weight weight in weights)
                {
                    Fill(weight, [.. Enumerable.Range(0, (int)weight.Count).Select(_ => random.NextSingle() - 0.5f)]);
                }

                optimizer.Update(1e-2, optimizer.GradientNorm());
            }

            Assert.Equal(0, optimizer.GradientNorm());
            Assert.Equal(3, optimizer.Updates);
            Assert.All(optimizer.State, s => Assert.Contains(s.Values.ToArray(), v => v != 0));
            return [.. weights.SelectMany(w => w.ToArray())];
        }
    }

    [Fact]
    public void Sgd_without_nesterov_is_heavy_ball()
    {
        using var ops = new CpuOps(1);
        using var weight = Weight.Create("w", 1, 3);
        using var optimizer = new Sgd([weight], ops.Pool, new SgdSettings { Momentum = 0.5, Nesterov = false, ClipNorm = 1 });
        Fill(weight, [3, 0, 4]);
        optimizer.Update(1, optimizer.GradientNorm()); // clipped to norm 1
        optimizer.Update(1, 0);
        Assert.Equal([-0.9f, 0, -1.2f], weight.ToArray().Select(v => MathF.Round(v, 5)));
    }

    [Fact]
    public void NAdam_goes_on_where_a_checkpoint_left_it()
    {
        Assert.Equal(Run(interrupted: false), Run(interrupted: true));

        static float[] Run(bool interrupted)
        {
            using var ops = new CpuOps(1);
            using var weight = Weight.Create("w", 2, 5);
            var optimizer = new NAdam([weight], ops.Pool, new NAdamSettings());
            for (int step = 0; step < 6; step++)
            {
                if (interrupted && step == 3)
                {
                    var resumed = new NAdam([weight], ops.Pool, new NAdamSettings()) { Updates = optimizer.Updates };
                    foreach (((_, Tensor from), (_, Tensor to)) in optimizer.State.Zip(resumed.State))
                    {
                        from[0].CopyTo(to[0]);
                    }

                    optimizer.Dispose();
                    optimizer = resumed;
                }

                Fill(weight, [.. Enumerable.Range(0, 10).Select(i => (i - 4.3f) * (step + 1))]);
                optimizer.Update(0.1, optimizer.GradientNorm());
            }

            optimizer.Dispose();
            return weight.ToArray();
        }
    }

    private static double Worst(JsonProperty settings, GoldenTensor start, float[] gradients, double[] want)
    {
        using var ops = new CpuOps(2);
        using var weight = start.Shape.Length == 2 ? Weight.Create("w", start.Shape[0], start.Shape[1]) : Weight.Create("w", 1, start.Shape[0]);
        using Optimizer optimizer = Make(settings.Name, [weight], ops, settings.Value);
        start.ToFloats().CopyTo(weight.AsSpan());
        int count = (int)weight.Count;
        double worst = 0;
        for (int step = 0; step < gradients.Length / count; step++)
        {
            Fill(weight, gradients.AsSpan(step * count, count));
            optimizer.Update(settings.Value.GetProperty("lr").GetDouble(), optimizer.GradientNorm());
            worst = Math.Max(worst, weight.ToArray().Select((v, i) => Math.Abs(v - want[(step * count) + i])).Max());
        }

        return worst;
    }

    private static Optimizer Make(string name, Weight[] weights, CpuOps ops, JsonElement settings)
    {
        return name switch
        {
            "sgd_momentum" => new Sgd(weights, ops.Pool, new SgdSettings
            {
                Momentum = Number("momentum", 0.9),
                Nesterov = settings.ValueKind == JsonValueKind.Undefined || (settings.TryGetProperty("nesterov", out JsonElement nesterov) && nesterov.GetBoolean()),
                WeightDecay = Number("weight_decay", 0),
                ClipNorm = double.PositiveInfinity,
            }),
            "nadam" => new NAdam(weights, ops.Pool, new NAdamSettings { WeightDecay = Number("weight_decay", 0), ClipNorm = double.PositiveInfinity }),
            "adafactor" => new Adafactor(weights, ops.Pool, new AdafactorSettings
            {
                Beta2Decay = Number("beta2_decay", -0.8),
                D = Number("d", 1),
                WeightDecay = Number("weight_decay", 0),
            }),
            _ => throw new ArgumentException($"no optimiser {name}"),
        };

        double Number(string field, double fallback) =>
            settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(field, out JsonElement value) ? value.GetDouble() : fallback;
    }

    private static void Fill(Weight weight, ReadOnlySpan<float> values)
    {
        Tensor gradient = weight.Gradient!.Value;
        for (int r = 0; r < gradient.Rows; r++)
        {
            values.Slice(r * gradient.Columns, gradient.Columns).CopyTo(gradient[r]);
        }
    }
}
