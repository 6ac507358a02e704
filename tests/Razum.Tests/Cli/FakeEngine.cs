using System.Runtime.CompilerServices;
using Razum.Inference;

namespace Razum.Tests.Cli;

/// <summary>An engine that plays back written pieces instead of running a model, and remembers what it was asked.</summary>
internal sealed class FakeEngine(params GenerationChunk[] script) : IEngine
{
    public ModelInfo Model { get; init; } = new("fake", 256, 64, []);

    public List<GenerationRequest> Requests { get; } = [];

    /// <summary>Called before each piece; a test presses Ctrl-C here.</summary>
    public Action<int>? BeforePiece { get; set; }

    public IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        request.Validate(Model);
        Requests.Add(request);
        return Play(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async IAsyncEnumerable<GenerationChunk> Play([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (int i = 0; i < script.Length; i++)
        {
            BeforePiece?.Invoke(i);
            cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return script[i];
        }
    }
}
