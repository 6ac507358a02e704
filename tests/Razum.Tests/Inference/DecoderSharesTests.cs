using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tests.Cli;
using Xunit;

namespace Razum.Tests.Inference;

/// <summary>Steps in which each thread takes whole sequences give the bits of a step on one thread, prompts and decoding alike.</summary>
public sealed class DecoderSharesTests
{
    private static readonly Decoder s_decoder = new(ModelConfigReader.Parse(TinyModel.Config), new RandomParameters(3, 0.2f)) { LatentForm = LatentAttentionForm.Absorbed };

    [Theory]
    [InlineData(2, Arithmetic.F32)]
    [InlineData(3, Arithmetic.F32)]
    [InlineData(3, Arithmetic.BF16)]
    public void BitsAreThoseOfOneThread(int threads, Arithmetic arithmetic)
    {
        int[] lengths = [40, 33, 35, 38, 41, 36, 34, 37, 39];
        float[][] alone = Steps(lengths, 1, arithmetic, out bool isShared);
        Assert.False(isShared);
        float[][] shared = Steps(lengths, threads, arithmetic, out isShared);
        Assert.True(isShared);
        Assert.Equal(alone.Length, shared.Length);
        for (int i = 0; i < alone.Length; i++)
        {
            Assert.Equal(alone[i], shared[i]);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100, 5, 5)]
    public void AStepThatCannotBeDividedIsDoneTogether(params int[] lengths)
    {
        float[][] alone = Steps(lengths, 1, Arithmetic.F32, out _, steps: 1);
        float[][] together = Steps(lengths, 3, Arithmetic.F32, out bool isShared, steps: 1);
        Assert.False(isShared);
        Assert.Equal(alone, together);
    }

    /// <summary>All logits of the prompts and some tokens after them.</summary>
    private static float[][] Steps(int[] lengths, int threads, Arithmetic arithmetic, out bool isShared, int steps = 4)
    {
        EngineOptions options = new() { MaxSequences = 16, SharePrefixes = false };
        ModelInfo info = new("tiny", s_decoder.Config.VocabSize, 128, []);
        using DecoderModel model = new(s_decoder, options.MaxSequences, threads, false, arithmetic);
        using BlockPool pool = new(model.CacheShape, 64);
        Recorder recorder = new(model);
        GenerationLoop loop = new(recorder, new Scheduler(pool, options));
        for (int i = 0; i < lengths.Length; i++)
        {
            Random random = new(i);
            int[] prompt = [.. Enumerable.Range(0, lengths[i]).Select(_ => random.Next(s_decoder.Config.VocabSize))];
            loop.Add(new Sequence(new GenerationRequest { Prompt = prompt, MaxTokens = steps, Sampling = SamplingOptions.Greedy }, info));
        }

        isShared = true;
        while (loop.HasWork && recorder.Steps < steps)
        {
            loop.Step();
            isShared &= model.IsShared;
        }

        return [.. recorder.All];
    }

    /// <summary>Keeps the logits of every step.</summary>
    private sealed class Recorder(DecoderModel model) : StepModel
    {
        public List<float[]> All { get; } = [];

        public int Steps { get; private set; }

        public override int VocabSize => model.VocabSize;

        public override CacheShape CacheShape => model.CacheShape;

        public override long Version => model.Version;

        public override void Forward(ReadOnlySpan<PlannedRows> plan)
        {
            model.Forward(plan);
            Steps++;
            int rows = 0;
            foreach (PlannedRows planned in plan)
            {
                rows += planned.LogitRows;
            }

            for (int i = 0; i < rows; i++)
            {
                All.Add(model.Logits(i).ToArray());
            }
        }

        public override ReadOnlySpan<float> Logits(int index) => model.Logits(index);

        public override float Logprob(ReadOnlySpan<float> logits, int token, float temperature, ReadOnlySpan<int> set) =>
            model.Logprob(logits, token, temperature, set);

        public override void Dispose()
        {
        }
    }
}
