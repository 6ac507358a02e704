using System.Runtime.CompilerServices;
using Razum.Inference;

namespace Razum.Tests.Inference;

/// <summary>The second <see cref="IEngine"/>: gives prepared answers, one piece per word, to test what stands above an engine.</summary>
internal sealed class ScriptedEngine(params (ChunkKind Kind, string Text)[] script) : IEngine
{
    public ModelInfo Model { get; } = new("script", 266, 4096, [1]);

    /// <summary>The requests so far.</summary>
    public List<GenerationRequest> Requests { get; } = [];

    public IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        request.Validate(Model);
        Requests.Add(request);
        return Stream(request, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async IAsyncEnumerable<GenerationChunk> Stream(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int tokens = 0;
        foreach ((ChunkKind kind, string text) in script)
        {
            foreach (string word in text.Split(' ').Select((w, i) => i == 0 ? w : " " + w))
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return new GenerationChunk { Kind = kind, Text = word, Tokens = [new GeneratedToken(tokens++ % Model.VocabSize, null, [])] };
            }
        }

        yield return new GenerationChunk { FinishReason = FinishReason.Stop, Usage = new Usage(request.Prompt.Count, tokens) };
    }
}
