namespace Razum.Inference;

/// <summary>Something that continues prompts: here in this process, or far away.</summary>
public interface IEngine : IAsyncDisposable
{
    ModelInfo Model { get; }

    /// <summary>
    /// Generates the answer to a request, piece by piece. Many may run at once; none changes the tokens of another. Stopping the enumeration or
    /// cancelling gives up the request.
    /// </summary>
    /// <exception cref="ArgumentException">The request means nothing to this model. Thrown at once, not at the first piece.</exception>
    IAsyncEnumerable<GenerationChunk> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default);
}
