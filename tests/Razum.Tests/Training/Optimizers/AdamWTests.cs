using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Threading;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>AdamW and clipping against the trajectories of the reference, and that its bits depend on nothing but the values.</summary>
[Trait("golden", "yes")]
public sealed class AdamWTests
{
    public static IEnumerable<TheoryDataRow<string>> Trajectories =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("adamw", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    public static IEnumerable<TheoryDataRow<string>> Clips =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("clip", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void Trajectory_is_the_reference_s(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        int rows = inputs["w"].Shape[0];
        int columns = inputs["w"].Shape[1];
        foreach (JsonProperty setting in document.RootElement.GetProperty("settings").EnumerateObject())
        {
            JsonElement s = setting.Value;
            var settings = new AdamWSettings
            {
                Beta1 = s.GetProperty("betas")[0].GetDouble(),
                Beta2 = s.GetProperty("betas")[1].GetDouble(),
                Eps = s.GetProperty("eps").GetDouble(),
                WeightDecay = s.GetProperty("weight_decay").GetDouble(),
                AmsGrad = s.TryGetProperty("amsgrad", out JsonElement amsgrad) && amsgrad.GetBoolean(),
                ClipNorm = double.PositiveInfinity,
            };
            double tolerance = document.RootElement.GetProperty("tolerance").GetProperty($"{setting.Name}.w32").GetProperty("atol").GetDouble();
            using var pool = new WorkerPool(2);
            using var weight = Weight.Create("w", rows, columns);
            using var optimizer = new AdamW([weight], pool, settings);
            inputs["w"].ToFloats().CopyTo(weight.AsSpan());
            float[] gradients = inputs["grads"].ToFloats();
            double[] want = expected[$"{setting.Name}.w64"].Values;
            double worst = 0;
            for (int step = 0; step < inputs["grads"].Shape[0]; step++)
            {
                SetGradient(weight, gradients.AsSpan(step * rows * columns, rows * columns));
                optimizer.Update(s.GetProperty("lr").GetDouble(), optimizer.GradientNorm());
                float[] got = weight.ToArray();
                for (int i = 0; i < got.Length; i++)
                {
                    worst = Math.Max(worst, Math.Abs(got[i] - want[(step * rows * columns) + i]));
                }
            }

            Goldens.Report(Path.GetFileName(folder), $"{setting.Name}.w32", worst, tolerance);
            Assert.True(worst <= tolerance, $"{setting.Name}: {worst} > {tolerance}");
        }
    }

    [Theory]
    [MemberData(nameof(Clips))]
    public void Clipping_is_the_reference_s(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        double tolerance = description.RootElement.GetProperty("tolerance").GetProperty("*").GetProperty("float32").GetDouble();
        string[] names = [.. inputs.Keys.Where(k => expected.Keys.Any(e => e.StartsWith("clip", StringComparison.Ordinal) && e.EndsWith($".{k}", StringComparison.Ordinal)))];
        Weight[] weights = [.. names.Select(n => Weight.Create(n, 1, inputs[n].Values.Length, isVector: true))];
        using var pool = new WorkerPool(1);
        using var optimizer = new AdamW(weights, pool, new AdamWSettings());
        for (int i = 0; i < weights.Length; i++)
        {
            SetGradient(weights[i], inputs[names[i]].ToFloats());
        }

        double norm = optimizer.GradientNorm();
        foreach (JsonElement row in document.RootElement.GetProperty("clip").EnumerateArray())
        {
            double coefficient = AdamW.ClipCoefficient(norm, row.GetProperty("max_norm").GetDouble());
            double want = row.GetProperty("coefficient").GetDouble();
            Assert.Equal(row.GetProperty("norm").GetDouble(), norm, norm * 1e-12);
            Assert.Equal(want, coefficient, want * 1e-12);
            foreach (string name in names)
            {
                double[] clipped = expected[$"clip{row.GetProperty("max_norm").GetRawText()}.{name}"].Values;
                double worst = clipped.Select((v, i) => Math.Abs(v - (inputs[name].Values[i] * (float)coefficient))).Max();
                Goldens.Report(Path.GetFileName(folder), $"clip{row.GetProperty("max_norm").GetRawText()}.{name}", worst, tolerance);
                Assert.True(worst <= tolerance);
            }
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_threads()
    {
        float[] one = Run(1);
        Assert.Equal(one, Run(2));
        Assert.Equal(one, Run(3));

        static float[] Run(int threads)
        {
            using var pool = new WorkerPool(threads);
            using var matrix = Weight.Create("matrix", 300, 333);
            using var vector = Weight.Create("vector", 1, 7, isVector: true);
            using var optimizer = new AdamW([matrix, vector, matrix], pool, new AdamWSettings { ClipNorm = 0.5 });
            var random = new Random(3);
            foreach (ref float value in matrix.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }

            for (int step = 0; step < 3; step++)
            {
                SetGradient(matrix, Enumerable.Range(0, 300 * 333).Select(_ => random.NextSingle() - 0.5f).ToArray());
                SetGradient(vector, Enumerable.Range(0, 7).Select(_ => random.NextSingle() - 0.5f).ToArray());
                optimizer.Update(1e-2, optimizer.GradientNorm());
            }

            return [.. matrix.ToArray(), .. vector.ToArray()];
        }
    }

    [Fact]
    public void Amsgrad_divides_by_the_largest_second_moment()
    {
        using var pool = new WorkerPool(1);
        using var weight = Weight.Create("w", 1, 67); // vector lanes and a rest
        using var optimizer = new AdamW([weight], pool, new AdamWSettings { AmsGrad = true, WeightDecay = 0, Beta1 = 0.9, Beta2 = 0.99, ClipNorm = double.PositiveInfinity });
        double[] want = new double[67];
        double[] m = new double[67];
        double[] v = new double[67];
        double[] largest = new double[67];
        for (int step = 1; step <= 6; step++)
        {
            float[] gradient = [.. Enumerable.Range(0, 67).Select(i => (step == 1 ? 100f : 0.01f) * ((i % 5) - 1.5f))];
            SetGradient(weight, gradient);
            optimizer.Update(0.1, optimizer.GradientNorm());
            for (int i = 0; i < 67; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.99 * v[i]) + (0.01 * gradient[i] * gradient[i]);
                largest[i] = Math.Max(largest[i], v[i]);
                want[i] -= 0.1 / (1 - Math.Pow(0.9, step)) * m[i] / ((Math.Sqrt(largest[i]) / Math.Sqrt(1 - Math.Pow(0.99, step))) + 1e-8);
                Assert.Equal(want[i], weight.AsSpan()[i], 1e-5);
            }
        }

        Assert.Equal(3, optimizer.State.Count());
    }

    [Fact]
    public void Decay_is_for_matrices_and_gradients_are_cleared()
    {
        using var pool = new WorkerPool(1);
        using var matrix = Weight.Create("matrix", 1, 5);
        using var vector = Weight.Create("vector", 1, 5, isVector: true);
        using var bias = Weight.Create("model.layers.1.mlp.gate.e_score_correction_bias", 1, 4, isVector: true);
        using var optimizer = new AdamW([matrix, vector, bias], pool, new AdamWSettings { WeightDecay = 0.5 });
        matrix.AsSpan().Fill(1);
        vector.AsSpan().Fill(1);
        int version = matrix.Version;
        optimizer.Update(0.1, 0);
        Assert.Equal([.. Enumerable.Repeat(0.95f, 5)], matrix.ToArray());
        Assert.Equal([.. Enumerable.Repeat(1f, 5)], vector.ToArray());
        Assert.DoesNotContain(bias, optimizer.Weights);
        Assert.NotEqual(version, matrix.Version);
        SetGradient(matrix, [1, 2, 3, 4, 5]);
        optimizer.Update(0.1, optimizer.GradientNorm());
        Assert.Equal(0, optimizer.GradientNorm());
    }

    private static void SetGradient(Weight weight, ReadOnlySpan<float> values)
    {
        Tensor gradient = weight.Gradient!.Value;
        for (int r = 0; r < gradient.Rows; r++)
        {
            values.Slice(r * gradient.Columns, gradient.Columns).CopyTo(gradient[r]);
        }
    }
}
