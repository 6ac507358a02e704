using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tests.Training.Objectives;
using Razum.Training.Evals;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>Routing, the bias update, the balance loss and the figures of balance and collapse against the reference.</summary>
[Trait("golden", "yes")]
public sealed class LoadBalanceTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/losses").Where(c => Path.GetFileName(c).StartsWith("load_balance", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bias_moves_as_the_reference_s(string folder)
    {
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        double tolerance = description.RootElement.GetProperty("tolerance").GetProperty("bias_next").GetProperty("atol").GetDouble();
        foreach ((string output, bool centred) in ((string, bool)[])[("bias_next", false), ("bias_next_centred", true)])
        {
            using var bias = Weight.Create("bias", 1, inputs["bias"].Values.Length, isVector: true);
            inputs["bias"].ToFloats().CopyTo(bias.AsSpan());
            LoadBalance.Update(
                bias,
                Array.ConvertAll(expected["load"].Values, v => (long)v),
                description.RootElement.GetProperty("settings").GetProperty("gamma").GetDouble(),
                centred);
            double worst = bias.ToArray().Select((b, i) => Math.Abs(b - expected[output].Values[i])).Max();
            Goldens.Report(Path.GetFileName(folder), output, worst, tolerance);
            Assert.True(worst <= tolerance, $"{worst} > {tolerance}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Router_and_balance_loss_are_the_reference_s(string folder)
    {
        var golden = new GoldenLosses(folder);
        JsonElement settings = golden.Case.GetProperty("settings");
        (int experts, int topK) = (settings.GetProperty("E").GetInt32(), settings.GetProperty("K").GetInt32());
        (int sequences, int length) = (settings.GetProperty("B").GetInt32(), settings.GetProperty("T").GetInt32());
        RouterScore score = Enum.Parse<RouterScore>(settings.GetProperty("score").GetString()!, ignoreCase: true);
        var shape = new RouterShape(experts, topK, score, 1, 1, GroupScore.Max, true, 1);
        using var ops = new CpuOps(2);
        using var bias = Weight.Create("bias", 1, experts, isVector: true);
        golden.Inputs["bias"].ToFloats().CopyTo(bias.AsSpan());
        Tensor logits = ops.Arena.Allocate(sequences * length, experts);
        for (int t = 0; t < logits.Rows; t++)
        {
            golden.Inputs["router_logits"].ToFloats().AsSpan(t * experts, experts).CopyTo(logits[t]);
        }

        Routing routing = ops.Route(logits, shape, bias);
        double[] selected = [.. Enumerable.Range(0, logits.Rows).SelectMany(t => routing[t].ToArray().Order()).Select(e => (double)e)];
        Assert.Equal(golden.Outputs["selected"].Values, selected);
        double[] loads = [.. Enumerable.Range(0, experts).Select(e => (double)selected.Count(s => s == e))];
        Assert.Equal(golden.Outputs["load"].Values, loads);
        Assert.Equal(golden.Expected.GetProperty("max_vio").GetDouble(), LoadFigures.Of([.. loads.Select(l => (long)l)]).MaxViolation, 1e-12);
        CheckBalanceLoss(golden, ops, logits, bias, shape, settings.GetProperty("alpha").GetDouble(), sequences);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Figures_are_the_reference_s(string folder)
    {
        var golden = new GoldenLosses(folder);
        foreach (JsonElement row in golden.Expected.GetProperty("rows").EnumerateArray())
        {
            LoadFigures figures = LoadFigures.Of([.. row.GetProperty("load").EnumerateArray().Select(l => l.GetInt64())]);
            golden.Check(
                "rows",
                [figures.MaxViolation, figures.MinViolation, figures.Variation, figures.Entropy, figures.Dead, figures.Gini],
                [.. ((string[])["max_vio", "min_vio", "cv", "entropy_normalised", "dead", "gini"]).Select(n => row.GetProperty(n).GetDouble())],
                golden.Tolerance("rows"));
        }

        foreach (JsonElement row in golden.Expected.GetProperty("collapse").EnumerateArray())
        {
            int[] ids = [.. row.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
            for (int n = 1; row.TryGetProperty($"distinct_{n}", out JsonElement distinct); n++)
            {
                Assert.Equal(distinct.GetDouble(), Repetition.DistinctShare(ids, n), 1e-12);
            }

            Assert.Equal(row.GetProperty("repetition_share").GetDouble(), Repetition.RepeatedShare(ids), 1e-12);
            Assert.Equal(row.GetProperty("loop_period").GetInt32(), Repetition.LoopPeriod(ids));
        }
    }

    [Theory]
    [InlineData(new long[] { 0, 0, 0 }, 0)]
    [InlineData(new long[] { 5, 5 }, 0)]
    [InlineData(new long[] { 9, 3, 0 }, 1.25)]
    public void Max_violation_is_the_excess_over_the_mean(long[] loads, double expected) => Assert.Equal(expected, LoadFigures.Of(loads).MaxViolation);

    /// <summary>The reference counts experts as chosen, with the bias; P is of the scores alone. Both are seen in value and gradient.</summary>
    private static void CheckBalanceLoss(GoldenLosses golden, CpuOps ops, Tensor logits, Weight bias, RouterShape shape, double alpha, int sequences)
    {
        Segment[] segments = [.. Enumerable.Range(0, sequences).Select(b => new Segment(b * logits.Rows / sequences, logits.Rows / sequences))];
        float shown = float.NaN;
        ops.TensorObserver = (_, value) => shown = value.Value;
        var tape = new Tape(ops);
        Tensor x = tape.Track(logits);
        Tensor y = tape.SequenceBalance(x, shape, segments, (float)alpha, "balance", bias);
        tape.Backward(y, new float[logits.Rows * logits.Columns]);
        golden.Check("grad_logits", [.. tape.GradientOf(x).ToArray().Select(g => (double)g)]);
        golden.Check("balance_loss", shown, golden.Expected.GetProperty("balance_loss").GetDouble());
    }
}
