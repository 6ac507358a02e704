using Razum.Inference;

namespace Razum.Tests.Inference;

/// <summary>What each step runs, over a model that checks that every token is run once and in order.</summary>
public sealed class SchedulerTests
{
    private static readonly ModelInfo s_model = new("fake", 50, 4096, []);

    [Fact]
    public void PromptsAreRunInChunksOfTheBudget()
    {
        FakeModel model = new(s_model.VocabSize);
        GenerationLoop loop = new(model, new Scheduler(4, 16));
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
        GenerationLoop loop = new(model, new Scheduler(4, 16));
        Sequence first = Create(4, 100), second = Create(50, 5), third = Create(3, 5);
        loop.Add(first);
        loop.Step();
        loop.Add(second);
        loop.Add(third);
        for (int step = 1; step <= 3; step++)
        {
            loop.Step();
            Assert.Equal(1 + step, first.OutputLength);
            Assert.Equal(15 * step, second.Computed);
            Assert.Equal(0, third.Computed); // the earlier prompt has the rest of the budget
        }

        loop.Step();
        Assert.Equal((50, 3), (second.Computed, third.Computed));
        Assert.Equal([4, 16, 16, 16, 9], model.StepRows);
    }

    [Fact]
    public void PromptsGoOnWhenDecodingFillsTheBudget()
    {
        GenerationLoop loop = new(new FakeModel(s_model.VocabSize), new Scheduler(4, 2));
        Sequence[] decoding = [Create(1, 50), Create(1, 50)];
        Sequence late = Create(5, 5);
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

    [Fact]
    public void SequencesBeyondTheLimitWait()
    {
        GenerationLoop loop = new(new FakeModel(s_model.VocabSize), new Scheduler(2, 16));
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
        GenerationLoop loop = new(new FakeModel(s_model.VocabSize), new Scheduler(2, 16));
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
        GenerationLoop loop = new(new FakeModel(s_model.VocabSize), new Scheduler(8, 64));
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

        long Run(int steps)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < steps; i++)
            {
                loop.Step();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run(100);
        Assert.Equal(0, Run(200));
    }

    private static Sequence Create(int prompt, int output, SamplingOptions? sampling = null) => new(
        new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(0, prompt).Select(i => i % s_model.VocabSize)],
            MaxTokens = output,
            Sampling = sampling ?? SamplingOptions.Greedy,
        },
        s_model);
}
