using Razum.Inference;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>
/// Asks a model the questions of every family, once greedily and k times at temperature 1, and judges the answers with the tasks' own checkers.
/// Draws are fixed by the seed, whatever else runs in the engine.
/// </summary>
public sealed class TaskEvaluation(IEngine engine, Tokenizer tokenizer, ChatTemplate template, EvaluationOptions options)
{
    private static readonly ChatOptions s_prompt = new() { AddGenerationPrompt = true, Thinking = true };

    private int _done;
    private int _total;

    /// <summary>Runs all families.</summary>
    public async Task<EvaluationReport> RunAsync(IReadOnlyList<EvaluationFamily> families, CancellationToken cancellation = default)
    {
        (_done, _total) = (0, families.Sum(f => f.Prompts.Count));
        using var room = new SemaphoreSlim(options.Parallel);
        var results = new List<FamilyResult>();
        var answers = new List<EvaluationAnswer>();
        foreach (EvaluationFamily family in families)
        {
            // A prompt's requests stay together; the room bounds how many are in flight.
            PromptResult[] prompts = await Task.WhenAll(family.Prompts.Select((p, i) => AskAsync(p, i, room, cancellation)));
            results.Add(Summarise(family.Name, prompts));
            answers.AddRange(family.Prompts.Zip(prompts, (p, r) => new EvaluationAnswer(family.Name, p.Text, r.Greedy.Text, r.Greedy.Outcome, r.Greedy.Tokens)));
        }

        return new EvaluationReport { Model = engine.Model.Name, K = options.Samples, Seed = options.Seed, Families = results, Answers = answers };
    }

    private FamilyResult Summarise(string name, PromptResult[] prompts)
    {
        bool sampled = options.Samples > 0;
        int k = options.Samples;
        return new FamilyResult
        {
            Family = name,
            Prompts = prompts.Length,
            Greedy = Statistics.Wilson(prompts.Count(p => p.Greedy.Outcome == TaskOutcome.Correct), prompts.Length),
            Sampled = sampled ? Statistics.Bootstrap([.. prompts.Select(p => (double)p.Correct / k)], options.Seed) : null,
            PassAtK = sampled ? Statistics.Bootstrap([.. prompts.Select(p => Statistics.PassAtK(k, p.Correct, k))], options.Seed) : null,
            MeanTokens = prompts.Average(p => p.Greedy.Tokens),
            Truncated = prompts.Average(p => p.Greedy.Outcome == TaskOutcome.Truncated ? 1.0 : 0),
            WellFormed = prompts.Average(p => p.Greedy.Outcome is TaskOutcome.Malformed or TaskOutcome.Truncated ? 0.0 : 1),
        };
    }

    private async Task<PromptResult> AskAsync(EvaluationPrompt prompt, int index, SemaphoreSlim room, CancellationToken cancellation)
    {
        string text = template.Render([new ChatMessage("user", prompt.Text)], s_prompt);
        int[] tokens = tokenizer.Encode(text);
        string prefix = text.TrimEnd().EndsWith("<think>", StringComparison.Ordinal) ? "<think>" : "";
        Task<Answer>[] answers =
        [
            GenerateAsync(SamplingOptions.Greedy),
            .. Enumerable.Range(0, options.Samples).Select(s => GenerateAsync(new SamplingOptions
            {
                Temperature = 1,
                Seed = Shuffle.Hash((ulong)options.Seed, ((ulong)index << 16) + (ulong)s),
            })),
        ];
        Answer[] got = await Task.WhenAll(answers);
        options.Progress?.Invoke(Interlocked.Increment(ref _done), _total);
        return new PromptResult(got[0], got.Skip(1).Count(a => a.Outcome == TaskOutcome.Correct));

        async Task<Answer> GenerateAsync(SamplingOptions sampling)
        {
            await room.WaitAsync(cancellation);
            try
            {
                return await JudgeAsync(prompt, tokens, prefix, sampling, cancellation);
            }
            finally
            {
                room.Release();
            }
        }
    }

    private async Task<Answer> JudgeAsync(EvaluationPrompt prompt, int[] tokens, string prefix, SamplingOptions sampling, CancellationToken cancellation)
    {
        var request = new GenerationRequest
        {
            Prompt = tokens,
            Sampling = sampling,
            MaxTokens = Math.Min(options.MaxTokens, engine.Model.ContextLength - tokens.Length),
            StartsInReasoning = template.StartsInReasoning(s_prompt),
        };
        var output = new List<int>();
        bool ended = false;
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request, cancellation))
        {
            output.AddRange(chunk.Tokens.Select(t => t.Id));
            ended = chunk.FinishReason == FinishReason.Stop;
        }

        int length = output.Count;
        if (ended && length > 0)
        {
            output.RemoveAt(length - 1); // the end token
        }

        string completion = tokenizer.Decode(output.ToArray());
        TaskVerdict verdict = prompt.Check(prefix, completion, ended);
        return new Answer(completion, verdict.Outcome, length);
    }

    private readonly record struct Answer(string Text, TaskOutcome Outcome, int Tokens);

    private readonly record struct PromptResult(Answer Greedy, int Correct);
}
