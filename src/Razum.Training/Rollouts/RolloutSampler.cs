using Razum.Inference;
using Razum.Text;
using Razum.Training.Evals;
using Razum.Training.Verifiers;

namespace Razum.Training.Rollouts;

/// <summary>
/// Samples groups of answers from the engine that also serves: the answers of a group share their prompt's keys and values, and all groups decode
/// together. Every draw is fixed by (seed, problem's number, sample), whatever else runs.
/// </summary>
/// <param name="engine">Over the very decoder that is trained.</param>
/// <param name="tokenizer">Its vocabulary.</param>
/// <param name="template">How prompts are written.</param>
/// <param name="reward">What an answer earns; called from several threads.</param>
public sealed class RolloutSampler(IEngine engine, Tokenizer tokenizer, ChatTemplate template, Reward reward)
{
    private static readonly ChatOptions s_prompt = new() { AddGenerationPrompt = true, Thinking = true };

    /// <summary>The answers to <paramref name="problems"/>, group by group in their order.</summary>
    /// <param name="problems">What is asked.</param>
    /// <param name="first">Number of the first problem in its source.</param>
    /// <param name="settings">How many answers, how drawn, how long.</param>
    /// <param name="policyVersion">Recorded with every answer.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<RolloutGroup>> SampleAsync(
        IReadOnlyList<Problem> problems, long first, SamplingSettings settings, int policyVersion, CancellationToken cancellation = default)
    {
        var groups = new Task<RolloutGroup>[problems.Count];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = GroupAsync(problems[i], first + i, settings, policyVersion, cancellation);
        }

        return await Task.WhenAll(groups).ConfigureAwait(false);
    }

    private async Task<RolloutGroup> GroupAsync(Problem problem, long index, SamplingSettings settings, int version, CancellationToken cancellation)
    {
        string text = template.Render([new ChatMessage("user", problem.Prompt)], s_prompt);
        int[] prompt = tokenizer.Encode(text);
        string prefix = Asking.PrefixOf(text);
        var answers = new Task<(Rollout? Rollout, string? Error)>[settings.Samples];
        for (int s = 0; s < answers.Length; s++)
        {
            ulong seed = Asking.SeedOf(settings.Seed, index, s);
            answers[s] = AnswerAsync(problem, prompt, prefix, settings, seed, version, cancellation);
        }

        (Rollout? Rollout, string? Error)[] all = await Task.WhenAll(answers).ConfigureAwait(false);
        return new RolloutGroup(problem, [.. all.Where(a => a.Rollout is not null).Select(a => a.Rollout!)], [.. all.Where(a => a.Error is not null).Select(a => a.Error!)]);
    }

    private async Task<(Rollout? Rollout, string? Error)> AnswerAsync(
        Problem problem, int[] prompt, string prefix, SamplingSettings settings, ulong seed, int version, CancellationToken cancellation)
    {
        var request = new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = Math.Min(settings.MaxTokens, engine.Model.ContextLength - prompt.Length),
            StartsInReasoning = prefix.Length > 0,
            Collected = true,
            RecordRouting = settings.RecordRouting,
            Sampling = new SamplingOptions
            {
                Temperature = settings.Temperature,
                TopP = settings.TopP,
                TopK = settings.TopK,
                MinP = settings.MinP,
                Seed = seed,
                Logprobs = true,
                TemperedLogprobs = settings.Temperature is > 0 and not 1,
                RecordSets = settings.Truncates,
            },
        };
        GenerationChunk answer = new();
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request, cancellation).ConfigureAwait(false))
        {
            answer = chunk; // collected: the last piece has all tokens
        }

        int[] tokens = [.. prompt, .. answer.Tokens.Select(t => t.Id)];
        bool ended = answer.FinishReason == FinishReason.Stop;
        string text = tokenizer.Decode(tokens.AsSpan(prompt.Length, answer.Tokens.Count - (ended ? 1 : 0)));
        RewardResult result = reward.Score(problem, new Completion(text, ended, answer.Tokens.Count, prefix));
        return result.Outcome == VerdictOutcome.Error
            ? (null, result.Fault)
            : (WithSets(answer, settings, new Rollout
            {
                Tokens = tokens,
                PromptLength = prompt.Length,
                LogProbs = [.. answer.Tokens.Select(t => t.Logprob!.Value)],
                Experts = answer.Experts ?? [],
                PolicyVersion = version,
                Ended = ended,
                Text = prefix + text,
                Reward = result,
            }), null);
    }

    private Rollout WithSets(GenerationChunk answer, SamplingSettings settings, Rollout rollout)
    {
        if (!settings.Truncates)
        {
            return rollout;
        }

        int[] ends = new int[answer.Tokens.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = end += answer.Tokens[i].Set?.Length ?? 0;
        }

        return rollout with
        {
            SetIds = [.. answer.Tokens.SelectMany(t => t.Set ?? [])],
            SetEnds = ends,
            MeanSetSize = answer.Tokens.Average(t => t.Set?.Length ?? engine.Model.VocabSize),
        };
    }
}
