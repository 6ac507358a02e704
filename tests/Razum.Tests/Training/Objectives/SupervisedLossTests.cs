using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Objectives;

namespace Razum.Tests.Training.Objectives;

/// <summary>
/// Cross-entropies, their means, and distillation against the reference; once on rows of logits, and through the head of a model whose weights are the identity:
/// its hidden states are the logits.
/// </summary>
[Trait("golden", "yes")]
public sealed class SupervisedLossTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenLosses.Cases("sft");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_the_reference(string folder)
    {
        var golden = new GoldenLosses(folder);
        int[] targets = Ints(golden, "ids");
        using var ops = new CpuOps(2);
        foreach (string name in golden.Expected.GetProperty("loss").EnumerateObject().Select(p => p.Name).Where(n => n != "mtp"))
        {
            LogitLoss loss = Loss(golden, name, targets, ops);
            LossMean mean = Enum.TryParse(name.Replace("_", ""), ignoreCase: true, out LossMean parsed) ? parsed : LossMean.TokenMean;
            float[] weights = Weights(golden, mean);
            (double value, float[] gradient) = OnRows(golden.Inputs["logits"], loss, weights);
            golden.Check(name + ".loss", value, golden.Expected.GetProperty("loss").GetProperty(name).GetDouble());
            golden.Check(name + ".grad", Array.ConvertAll(gradient, g => (double)g));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Next_but_one_token_is_learned_beside(string folder)
    {
        var golden = new GoldenLosses(folder);
        (int sequences, int length, int vocabulary) = Shape(golden);
        int[] targets = Ints(golden, "ids");
        double lambda = golden.Case.GetProperty("settings").GetProperty("lambda").GetDouble();

        // Row t of the second head predicts target t + 1: the targets and their weights move by one, the last row of a sequence has none.
        int[] ahead = [.. targets.Select((_, i) => i % length == length - 1 ? 0 : targets[i + 1])];
        float[] mask = Floats(golden, "mask");
        float[] learned = [.. mask.Select((_, i) => i % length == length - 1 ? 0 : mask[i + 1])];
        float[] aheadWeights = new float[mask.Length];
        TargetWeights.Compute(LossMean.TokenMean, learned, Lengths(sequences, length), aheadWeights);
        (double main, float[] gradient) = OnRows(golden.Inputs["logits"], new LabelLoss(targets), Weights(golden, LossMean.TokenMean));
        (double second, float[] aheadGradient) = OnRows(golden.Inputs["mtp_logits"], new LabelLoss(ahead), aheadWeights);
        golden.Check("mtp.loss", main + (lambda * second), golden.Expected.GetProperty("loss").GetProperty("mtp").GetDouble());
        golden.Check("mtp.grad", Array.ConvertAll(gradient, g => (double)g));
        golden.Check("mtp.grad_mtp", Array.ConvertAll(aheadGradient, g => lambda * g));
        Assert.Equal(sequences * length * vocabulary, gradient.Length);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Through_a_head_the_losses_are_the_same(string folder)
    {
        var golden = new GoldenLosses(folder);
        int[] targets = Ints(golden, "ids");
        (_, _, int vocabulary) = Shape(golden);
        float[] weights = Weights(golden, LossMean.TokenMean);
        using var ops = new CpuOps(2);
        using var head = Weight.Create("lm_head.weight", vocabulary, vocabulary);
        for (int v = 0; v < vocabulary; v++)
        {
            head.AsSpan()[(v * vocabulary) + v] = 1;
        }

        foreach (string name in golden.Expected.GetProperty("loss").EnumerateObject().Select(p => p.Name))
        {
            if (name is not ("label_smoothing" or "z_loss") && !name.StartsWith("distill", StringComparison.Ordinal))
            {
                continue;
            }

            var tape = new Tape(ops);
            Tensor hidden = tape.Track(Rows(ops, golden.Inputs["logits"]));
            Tensor y = tape.HeadLoss(hidden, head, Loss(golden, name, targets, ops), weights);
            golden.Check(name + ".loss", y.Value, golden.Expected.GetProperty("loss").GetProperty(name).GetDouble());
            tape.Backward(y);
            golden.Check(name + ".grad", Array.ConvertAll(tape.GradientOf(hidden).ToArray(), g => (double)g));
            ops.Arena.Reset();
        }
    }

    [Fact]
    public void Top_k_takes_the_lower_id_of_equal_ones()
    {
        using var ops = new CpuOps(1);
        Tensor teacher = ops.Arena.Allocate(1, 4);
        ((float[])[1, 2, 2, 2]).CopyTo(teacher[0]);
        var loss = new DistillationLoss(new DistillationSettings { Kind = DistillationKind.TopK, K = 2 }, teacher);
        float[] logits = [0, 0, 0, 0];
        Assert.Equal(-Math.Log(2) + Math.Log(4), loss.Evaluate(0, logits, gradient: true), 1e-12);
        Assert.Equal([0.25f, -0.25f, -0.25f, 0.25f], logits);
    }

    [Fact]
    public void Settings_without_a_meaning_are_refused()
    {
        using var ops = new CpuOps(1);
        Tensor teacher = ops.Arena.AllocateZeroed(2, 4);
        foreach (DistillationSettings wrong in (DistillationSettings[])[
            new() { Temperature = 0 }, new() { Kind = DistillationKind.Jsd, Jsd = 1 }, new() { Kind = DistillationKind.TopK, K = 5 }, new() { Kind = DistillationKind.Mixed }])
        {
            Assert.Throws<ArgumentException>(() => new DistillationLoss(wrong, teacher));
        }

        Assert.Throws<ArgumentException>(() => TargetWeights.Compute(LossMean.TokenMean, [1, 1], [1], new float[2]));
        Assert.Throws<InvalidOperationException>(() => new DistillationLoss(new DistillationSettings(), teacher).Evaluate(0, new float[3], gradient: false));
    }

    private static LogitLoss Loss(GoldenLosses golden, string name, int[] targets, CpuOps ops)
    {
        double Setting(string field) => golden.Case.GetProperty("settings").GetProperty(field).GetDouble();
        if (!name.StartsWith("distill_", StringComparison.Ordinal))
        {
            return new LabelLoss(targets, name == "label_smoothing" ? Setting("eps") : 0, name == "z_loss" ? Setting("z") : 0);
        }

        var settings = new DistillationSettings
        {
            Kind = Enum.Parse<DistillationKind>(name[8..].Replace("_", ""), ignoreCase: true),
            Temperature = Setting("temperature"),
            Jsd = Setting("jsd"),
            K = (int)Setting("k"),
            Alpha = Setting("alpha"),
        };
        return new DistillationLoss(settings, Rows(ops, golden.Inputs["teacher"]), targets);
    }

    /// <summary>sum_t weight_t loss_t and its gradient by logits.</summary>
    private static (double Value, float[] Gradient) OnRows(GoldenTensor logits, LogitLoss loss, float[] weights)
    {
        int vocabulary = logits.Shape[^1];
        float[] gradient = logits.ToFloats();
        double value = 0;
        for (int t = 0; t < weights.Length; t++)
        {
            Span<float> row = gradient.AsSpan(t * vocabulary, vocabulary);
            double alone = loss.Evaluate(t, row.ToArray(), gradient: false);
            Assert.Equal(alone, loss.Evaluate(t, row, gradient: true));
            value += weights[t] * alone;
            foreach (ref float slope in row)
            {
                slope *= weights[t];
            }
        }

        return (value, gradient);
    }

    private static float[] Weights(GoldenLosses golden, LossMean mean)
    {
        (int sequences, int length, _) = Shape(golden);
        float[] targets = Floats(golden, "mask");
        float[] weights = new float[targets.Length];
        float[] given = Floats(golden, "weight");
        TargetWeights.Compute(
            mean, mean == LossMean.Weighted ? [.. targets.Select((t, i) => t * given[i])] : targets, Lengths(sequences, length), weights);
        return weights;
    }

    private static Tensor Rows(CpuOps ops, GoldenTensor values)
    {
        int columns = values.Shape[^1];
        Tensor rows = ops.Arena.Allocate(values.Values.Length / columns, columns);
        for (int t = 0; t < rows.Rows; t++)
        {
            values.ToFloats().AsSpan(t * columns, columns).CopyTo(rows[t]);
        }

        return rows;
    }

    private static (int Sequences, int Length, int Vocabulary) Shape(GoldenLosses golden)
    {
        int[] shape = golden.Inputs["logits"].Shape;
        return (shape[0], shape[1], shape[2]);
    }

    private static int[] Lengths(int sequences, int length) => [.. Enumerable.Repeat(length, sequences)];

    private static int[] Ints(GoldenLosses golden, string name) => Array.ConvertAll(golden.Inputs[name].Values, v => (int)v);

    private static float[] Floats(GoldenLosses golden, string name) => golden.Inputs[name].ToFloats();
}
