using Razum.Inference;
using Razum.Text;
using Razum.Training.Data.Samples;

namespace Razum.Training.Evals;

/// <summary>Draws answers of a model to many prompts into a file of samples; what the file has already is not drawn again.</summary>
public sealed class Sampling(IEngine engine, Tokenizer tokenizer, ChatTemplate template, SamplingRun run)
{
    /// <summary>Draws what is missing. Draws are fixed by the seed of the settings, whatever else runs in the engine and whatever was there before.</summary>
    /// <returns>Samples added.</returns>
    public async Task<int> RunAsync(IReadOnlyList<SamplingPrompt> prompts, SampleFile file, CancellationToken cancellation = default)
    {
        using var asking = new Asking(engine, tokenizer, template, run.Settings.MaxTokens, run.Parallel);
        int total = prompts.Count * run.Draws;
        int done = file.Done.Count;
        int added = 0;
        for (int begin = 0; begin < prompts.Count; begin += run.Parallel)
        {
            int end = Math.Min(prompts.Count, begin + run.Parallel);
            await Task.WhenAll(
                from index in Enumerable.Range(begin, end - begin)
                from draw in Enumerable.Range(0, run.Draws)
                where !file.Done.Contains((index, draw))
                select DrawAsync(index, draw)).ConfigureAwait(false);
        }

        return added;

        async Task DrawAsync(int index, int draw)
        {
            SamplingPrompt prompt = prompts[index];
            var sampling = new SamplingOptions
            {
                Temperature = run.Settings.Temperature,
                TopP = run.Settings.TopP,
                Seed = Asking.SeedOf(run.Settings.Seed, index, draw),
                Logprobs = true,
            };
            Attempt attempt = await asking.AskAsync(prompt.Prompt, sampling, cancellation).ConfigureAwait(false);
            file.Add(new Sample(
                prompt.Family,
                prompt.Key,
                index,
                draw,
                prompt.Prompt.Text,
                attempt.Reasoning,
                attempt.Answer,
                attempt.Verdict.Outcome,
                attempt.Tokens,
                attempt.Logprob));
            Interlocked.Increment(ref added);
            run.Progress?.Invoke(Interlocked.Increment(ref done), total);
        }
    }
}
