using Razum.Inference;
using Razum.Models;

namespace Razum.Training.Speed;

/// <summary>
/// Prompts and generation through the engine's public door, so that what is measured is what a caller gets: scheduling, sampling (greedy), text and streams
/// included. Prompts are random and never repeat, ending tokens count as any other.
/// </summary>
internal sealed class GenerationWork : IAsyncDisposable
{
    private readonly EngineOptions _options;
    private readonly Engine _engine;
    private readonly DecoderCost _cost;
    private readonly ComputePath _path;
    private readonly Random _random = new(1);

    /// <param name="bundle">The model.</param>
    /// <param name="options">Threads and arithmetic.</param>
    /// <param name="maxSequences">The most sequences together.</param>
    /// <param name="context">The longest sequence: no more cache than that is taken for each.</param>
    public GenerationWork(ModelBundle bundle, BenchmarkOptions options, int maxSequences, int context)
    {
        _options = new EngineOptions
        {
            Threads = options.Threads,
            Arithmetic = options.Arithmetic,
            MaxSequences = maxSequences,
            ContextLength = context,
        };
        _engine = new Engine(bundle, _options);
        _cost = new DecoderCost(bundle.Decoder);
        _path = ComputePath.Of(bundle.Decoder, options.Arithmetic);
    }

    /// <summary>From a prompt of <paramref name="tokens"/> tokens to the first token of the answer.</summary>
    public Workload Prompt(int tokens)
    {
        double bytes = 0;
        for (int past = 0; past < tokens; past += _options.TokenBudget)
        {
            int rows = Math.Min(_options.TokenBudget, tokens - past);
            bytes += _cost.WeightBytes(rows, past + rows == tokens ? 1 : 0) + ((past + rows) * _cost.CachedRowBytes);
        }

        return new Workload($"prompt {tokens}", _path, tokens, _cost.Forward(0, tokens, 1), bytes, stop => Generate(1, tokens, 1, stop));
    }

    /// <summary><paramref name="tokens"/> tokens of each of <paramref name="sequences"/> answers to prompts of one token.</summary>
    public Workload Generation(int sequences, int tokens)
    {
        (double operations, double bytes) = (0, 0);
        for (int past = 0; past < tokens; past++)
        {
            operations += sequences * _cost.Forward(past, 1, 1);
            bytes += _cost.WeightBytes(sequences, sequences) + (sequences * (past + 1) * _cost.CachedRowBytes);
        }

        string name = sequences == 1 ? $"generate {tokens}" : $"{sequences} x {tokens}";
        return new Workload(name, _path, (double)sequences * tokens, operations, bytes, stop => Generate(sequences, 1, tokens, stop));
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private Task Generate(int sequences, int prompt, int tokens, CancellationToken cancellation) =>
        Task.WhenAll(Enumerable.Range(0, sequences).Select(_ => Answer(prompt, tokens, cancellation)).ToArray());

    private async Task Answer(int prompt, int tokens, CancellationToken cancellation)
    {
        var request = new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(0, prompt).Select(_ => _random.Next(_engine.Model.VocabSize))],
            MaxTokens = tokens,
            IgnoreEndTokens = true,
            Sampling = SamplingOptions.Greedy,
        };
        int generated = 0;
        await foreach (GenerationChunk chunk in _engine.GenerateAsync(request, cancellation).ConfigureAwait(false))
        {
            generated += chunk.Tokens.Count;
        }

        if (generated != tokens)
        {
            throw new InvalidOperationException($"{generated} tokens were generated instead of {tokens}");
        }
    }
}
