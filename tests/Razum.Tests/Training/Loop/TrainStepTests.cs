using Razum.Models;
using Razum.Tensors;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Objectives;

namespace Razum.Tests.Training.Loop;

/// <summary>The supervised losses inside a step: whatever the mean, cutting a step into micro-batches leaves its gradient; each mean weighs sequences as it says.</summary>
public sealed class TrainStepTests
{
    [Theory]
    [InlineData(LossMean.TokenMean, 0, 0)]
    [InlineData(LossMean.SequenceMean, 0, 0)]
    [InlineData(LossMean.SequenceSumMean, 0.1, 0)]
    [InlineData(LossMean.TokenMean, 0.1, 1e-2)]
    public void Micro_batches_make_no_difference(LossMean mean, double smoothing, double z)
    {
        var settings = new SupervisedSettings { Mean = mean, Smoothing = smoothing, Z = z };
        (double whole, float[] gradient) = Run(settings, 1000);
        (double cut, float[] ofParts) = Run(settings, 1);
        Assert.Equal(whole, cut, 1e-6 * Math.Abs(whole));
        double scale = gradient.Max(Math.Abs);
        Assert.All(gradient.Zip(ofParts), p => Assert.Equal(p.First, p.Second, 1e-5 * scale));
    }

    [Fact]
    public void Means_weigh_sequences_as_they_say()
    {
        // A new model gives every token about log V: one sequence has 8 targets, one 2, one none.
        double even = Math.Log(ByteTokenizer.VocabSize);
        Assert.Equal(even, Run(new SupervisedSettings { Mean = LossMean.TokenMean }, 1000).Loss, 0.2);
        Assert.Equal(even, Run(new SupervisedSettings { Mean = LossMean.SequenceMean }, 1000).Loss, 0.2);
        Assert.Equal(even * 10 / 3, Run(new SupervisedSettings { Mean = LossMean.SequenceSumMean }, 1000).Loss, 0.5);
        Assert.Equal(even + (0.5 * even * even), Run(new SupervisedSettings { Z = 0.5 }, 1000).Loss, 2.0);
    }

    private static (double Loss, float[] Gradient) Run(SupervisedSettings settings, int microBatchTokens)
    {
        ModelConfig config = ModelConfigReader.Parse(TinyModel.Json, "tiny");
        var decoder = new Decoder(config, new RandomParameters(3, config.InitializerRange, config.NumHiddenLayers));
        foreach (Weight weight in decoder.Parameters)
        {
            weight.EnableGradient();
        }

        using var ops = new CpuOps(2);
        using var step = new TrainStep(decoder, ops);
        using SupervisedLoss loss = SupervisedLoss.Load(settings, decoder);
        step.Accumulate([Sequence(9, 9), Sequence(6, 2), Sequence(4, 0)], microBatchTokens, 0, 0, loss);
        float[] gradient = [.. decoder.Parameters.SelectMany(w => w.Gradient!.Value.ToArray())];
        foreach (Weight weight in decoder.Parameters)
        {
            weight.Dispose();
        }

        return (step.Totals.Main, gradient);
    }

    /// <summary>The last <paramref name="learned"/> tokens are targets, but never the first of all.</summary>
    private static TrainingSequence Sequence(int length, int learned)
    {
        var sequence = new TrainingSequence();
        for (int i = 0; i < length; i++)
        {
            sequence.Add(40 + (7 * i % 50), i >= length - learned);
        }

        return sequence;
    }
}
