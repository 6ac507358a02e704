using System.Text;
using Razum.Inference;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>
/// Asks a model prompts and judges what it writes, many at a time. Draw <c>d</c> of prompt <c>i</c> depends on seed, i and d alone, whatever else runs in the
/// engine.
/// </summary>
/// <param name="engine">The model.</param>
/// <param name="tokenizer">Its tokens.</param>
/// <param name="template">Its chat format.</param>
/// <param name="maxTokens">The longest answer; more is cut off.</param>
/// <param name="parallel">Requests in the engine at a time.</param>
public sealed class Asking(IEngine engine, Tokenizer tokenizer, ChatTemplate template, int maxTokens, int parallel) : IDisposable
{
    private static readonly ChatOptions s_prompt = new() { AddGenerationPrompt = true, Thinking = true };

    private readonly SemaphoreSlim _room = new(parallel);

    /// <summary>The model's name.</summary>
    public string Model => engine.Model.Name;

    /// <summary>The seed of one draw: a function of run, prompt and draw.</summary>
    public static ulong SeedOf(int seed, long prompt, int draw) => Shuffle.Hash((ulong)seed, ((ulong)prompt << 16) + (ulong)draw);

    /// <summary>The end of a rendered prompt that already opened the thinking: <c>&lt;think&gt;</c> or nothing.</summary>
    public static string PrefixOf(string prompt) => prompt.AsSpan().TrimEnd().EndsWith("<think>", StringComparison.Ordinal) ? "<think>" : "";

    /// <summary>One attempt. A prompt that leaves no room in the context counts as cut off before its first token.</summary>
    public async Task<Attempt> AskAsync(EvaluationPrompt prompt, SamplingOptions sampling, CancellationToken cancellation)
    {
        string text = template.Render([new ChatMessage("user", prompt.Text)], s_prompt);
        int[] tokens = tokenizer.Encode(text);
        if (tokens.Length >= engine.Model.ContextLength)
        {
            return new Attempt("", "", "", new TaskVerdict(TaskOutcome.Truncated, null), 0, 0);
        }

        var request = new GenerationRequest
        {
            Prompt = tokens,
            Sampling = sampling,
            MaxTokens = Math.Min(maxTokens, engine.Model.ContextLength - tokens.Length),
            StartsInReasoning = template.StartsInReasoning(s_prompt),
            StopTokens = [template.EndOfTurn],
            Collected = true,
        };
        await _room.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await CollectAsync(prompt, request, PrefixOf(text), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task<Attempt> CollectAsync(EvaluationPrompt prompt, GenerationRequest request, string prefix, CancellationToken cancellation)
    {
        var output = new List<int>();
        StringBuilder reasoning = new(), answer = new();
        double logprob = 0;
        bool ended = false;
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request, cancellation).ConfigureAwait(false))
        {
            (chunk.Kind == ChunkKind.Answer ? answer : reasoning).Append(chunk.Text);
            foreach (GeneratedToken token in chunk.Tokens)
            {
                output.Add(token.Id);
                logprob += token.Logprob ?? 0;
            }

            ended = chunk.FinishReason == FinishReason.Stop;
        }

        int length = output.Count;
        if (ended && length > 0)
        {
            output.RemoveAt(length - 1); // the end token
        }

        string completion = tokenizer.Decode(output.ToArray());
        TaskVerdict verdict = prompt.Check(prefix, completion, ended);
        return new Attempt(completion, reasoning.ToString().Trim(), answer.ToString().Trim(), verdict, length, logprob);
    }
}
