using Razum.Inference;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>What each step runs, over a model that checks that every token is run once and in order.</summary>
public sealed class SchedulerTests
{
    private static readonly ModelInfo s_model = new("fake", 50, 4096, []);

    [Fact]
    public void PromptsAreRunInChunksOfTheBudget()
    {
        FakeModel model = new(s_model.VocabSize);
        GenerationLoop loop = Loop(model, 4, 16);
        Sequence sequence = Create(40, 3);
        loop.Add(sequence);
        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.Equal([16, 16, 8, 1, 1], model.StepRows);
        Assert.Equal(3, sequence.OutputLength);
        Assert.Equal(FinishReason.Length, sequence.FinishReason);
    }

    [Fact]
    public void DecodingComesBeforePrompts()
    {
        FakeModel model = new(s_model.VocabSize);
        GenerationLoop loop = Loop(model, 4, 16);
        Sequence first = Create(4, 100), second = Create(50, 5, first: 10), third = Create(23, 5, first: 30);
        loop.Add(first);
        loop.Step();
        loop.Add(second);
        loop.Add(third);
        for (int step = 1; step <= 3; step++)
        {
            loop.Step();
            Assert.Equal(1 + step, first.OutputLength);
            Assert.Equal(8 * step, second.Computed); // half of what is left
            Assert.Equal(7 * step, third.Computed);
        }

        loop.Step();
        Assert.Equal((37, 23, 1), (second.Computed, third.Computed, third.OutputLength)); // what the short one left goes to the long one
        Assert.Equal([4, 16, 16, 16, 16], model.StepRows);
    }

    [Fact]
    public void PromptsGoOnWhenDecodingFillsTheBudget()
    {
        GenerationLoop loop = Loop(new FakeModel(s_model.VocabSize), 4, 2);
        Sequence[] decoding = [Create(1, 50), Create(1, 50)];
        Sequence late = Create(5, 5, first: 10);
        Array.ForEach(decoding, loop.Add);
        loop.Step();
        loop.Add(late);
        for (int step = 0; step < 5; step++)
        {
            loop.Step();
        }

        Assert.Equal(1, late.OutputLength);
        Assert.All(decoding, s => Assert.Equal(6, s.OutputLength));
    }

    /// <summary>Short prompts that keep coming do not stop a long one, and it does not stop them.</summary>
    [Fact]
    public void NoPromptStarves()
    {
        GenerationLoop loop = Loop(new FakeModel(s_model.VocabSize), 16, 20);
        Sequence longest = Create(1000, 1), last = longest;
        loop.Add(longest);
        for (int step = 1; longest.OutputLength == 0; step++)
        {
            Assert.True(longest.Computed >= 10 * (step - 1));
            Sequence next = Create(8, 1, first: step % 50);
            loop.Add(next);
            loop.Step();
            Assert.True(last == longest || last.OutputLength == 1, $"step {step}");
            last = next;
        }
    }

    [Fact]
    public void SequencesBeyondTheLimitWait()
    {
        GenerationLoop loop = Loop(new FakeModel(s_model.VocabSize), 2, 16);
        Sequence[] sequences = [Create(1, 2), Create(1, 5), Create(1, 2)];
        Array.ForEach(sequences, loop.Add);
        loop.Step();
        loop.Step();
        Assert.Equal(0, sequences[2].Computed);
        loop.Step();
        Assert.Equal(1, sequences[2].OutputLength);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void CancelledSequencesLeaveInPrefillAndInDecoding(int steps)
    {
        GenerationLoop loop = Loop(new FakeModel(s_model.VocabSize), 2, 16);
        Sequence cancelled = Create(40, 100), other = Create(2, 8), waiting = Create(2, 8);
        loop.Add(cancelled);
        loop.Add(other);
        loop.Add(waiting);
        for (int i = 0; i < steps; i++)
        {
            loop.Step();
        }

        int computed = cancelled.Computed;
        cancelled.Cancel();
        waiting.Cancel();
        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.Equal(computed, cancelled.Computed);
        Assert.Equal(8, other.OutputLength);
        Assert.Equal(0, waiting.Computed);
    }

    [Fact]
    public void AStepAllocatesNothing()
    {
        GenerationLoop loop = Loop(new FakeModel(s_model.VocabSize), 8, 64);
        SamplingOptions[] options =
        [
            SamplingOptions.Greedy,
            new SamplingOptions { Seed = 1, TopP = 0.9, TopK = 20, Logprobs = true },
            new SamplingOptions { Seed = 2, MinP = 0.01, RepetitionPenalty = 1.1, PresencePenalty = 0.3, TopLogprobs = 5 },
        ];
        foreach (SamplingOptions sampling in options)
        {
            loop.Add(Create(20, 1000, sampling));
        }

        SteadyLoop.AssertAllocatesNothing(loop, warmUp: 100, steps: 100);
    }

    private static GenerationLoop Loop(FakeModel model, int maxSequences, int budget) =>
        new(model, new Scheduler(new BlockPool(model.CacheShape, 1024), new EngineOptions { MaxSequences = maxSequences, TokenBudget = budget }));

    private static Sequence Create(int prompt, int output, SamplingOptions? sampling = null, int first = 0) => new(
        new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(first, prompt).Select(i => i % s_model.VocabSize)],
            MaxTokens = output,
            Sampling = sampling ?? SamplingOptions.Greedy,
        },
        s_model);
}
