using Razum.Inference;
using Razum.Text;

namespace Razum.Training.Evals;

/// <summary>
/// Asks a model the questions of every family, once greedily and k times at a temperature, and judges the answers with the questions' own checkers.
/// Draws are fixed by the seed, whatever else runs in the engine.
/// </summary>
public sealed class TaskEvaluation(IEngine engine, Tokenizer tokenizer, ChatTemplate template, EvaluationOptions options)
{
    private int _done;
    private int _total;

    /// <summary>Runs all families; those without prompts are left out.</summary>
    public async Task<EvaluationReport> RunAsync(IReadOnlyList<EvaluationFamily> families, CancellationToken cancellation = default)
    {
        EvaluationFamily[] asked = [.. families.Where(f => f.Prompts.Count > 0)];
        if (asked.Length == 0)
        {
            throw new ArgumentException("there is no question to ask");
        }

        (_done, _total) = (0, asked.Sum(f => f.Prompts.Count));
        using var asking = new Asking(engine, tokenizer, template, options.MaxTokens, options.Parallel);
        var results = new List<FamilyResult>();
        foreach (EvaluationFamily family in asked)
        {
            // A prompt's requests stay together; the room in the engine bounds how many are in flight.
            PromptScore[] scores = await Task.WhenAll(family.Prompts.Select((p, i) => ScoreAsync(asking, p, i, cancellation))).ConfigureAwait(false);
            results.Add(FamilyResult.Of(family.Name, scores, options.Seed));
        }

        return new EvaluationReport
        {
            Model = engine.Model.Name,
            K = options.Samples,
            Temperature = options.Temperature,
            TopP = options.TopP,
            Seed = options.Seed,
            Families = results,
            Answers = [.. asked.Zip(results).SelectMany(f => f.First.Prompts.Zip(f.Second.Scores, (p, s) => new EvaluationAnswer(
                f.First.Name, p.Text, s.Greedy.Completion, s.Greedy.Verdict.Outcome, s.Greedy.Verdict.Extracted, s.Greedy.Tokens)))],
        };
    }

    private async Task<PromptScore> ScoreAsync(Asking asking, EvaluationPrompt prompt, int index, CancellationToken cancellation)
    {
        Task<Attempt>[] attempts =
        [
            asking.AskAsync(prompt, SamplingOptions.Greedy, cancellation),
            .. Enumerable.Range(0, options.Samples).Select(draw => asking.AskAsync(
                prompt,
                new SamplingOptions
                {
                    Temperature = options.Temperature, TopP = options.TopP, Seed = Asking.SeedOf(options.Seed, index, draw), Logprobs = true,
                },
                cancellation)),
        ];
        Attempt[] made = await Task.WhenAll(attempts).ConfigureAwait(false);
        options.Progress?.Invoke(Interlocked.Increment(ref _done), _total);
        return new PromptScore(made[0], made[1..]);
    }
}
