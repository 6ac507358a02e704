using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Threading;
using Razum.Tests.Models;
using Razum.Training.Checkpoints;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training;

/// <summary>What every architecture must do to be trained and shared, on the golden models.</summary>
[Trait("golden", "yes")]
public sealed class PresetTests
{
    public static TheoryData<string> Cases => [.. LanguageModelCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_step_lowers_the_loss(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Decoder decoder = golden.Load(trainable: true);
        LanguageModelGoldenTests.EnableGradients(decoder);
        using var ops = new CpuOps(2);
        var tape = new Tape(ops);
        using var pool = new WorkerPool(2);
        using var optimizer = new AdamW(decoder.Parameters.Where(w => w.Gradient is not null), pool, new AdamWSettings());
        Assert.DoesNotContain(optimizer.Weights, w => w.Name.Contains(".indexer.", StringComparison.Ordinal)); // decay alone would wear it away
        Tensor loss = Loss(golden, decoder, tape);
        float before = loss.Value;
        tape.Backward(loss);
        optimizer.Update(1e-4, optimizer.GradientNorm());
        ops.Arena.Reset();
        Assert.True(Loss(golden, decoder, tape).Value < before);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Writing_and_reading_changes_no_bit(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Decoder decoder = golden.Load(trainable: true);
        using var folder = new TemporaryFolder();
        new PublishedModel { Decoder = decoder, Format = ElementType.F32 }.Write(folder.Path);
        ModelConfig config = ModelConfigReader.Read(folder.File("config.json"));
        Decoder again = new(config, new CheckpointParameters(new Checkpoint(folder.Path), trainable: false));
        Assert.Equal(Logits(golden, decoder), Logits(golden, again));
        Assert.Equal(decoder.Parameters.Select(p => p.Name), again.Parameters.Select(p => p.Name));
    }

    private static Tensor Loss(LanguageModelCase golden, Decoder decoder, Tape tape)
    {
        var batch = new Batch();
        (int[] targets, float[] weights) = LanguageModelGoldenTests.NextTokens(batch, [golden.Sequences["seq0"], golden.Sequences["seq1"]], 1);
        return tape.CrossEntropy(decoder.Forward(tape, batch), decoder.Head, targets, weights);
    }

    private static float[] Logits(LanguageModelCase golden, Decoder decoder)
    {
        using var ops = new CpuOps(2);
        var batch = new Batch();
        batch.Add(golden.Sequences["seq0"]);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }
}
