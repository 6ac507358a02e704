using System.Runtime.CompilerServices;
using System.Text;
using Razum.Inference;
using Razum.Text;

namespace Razum.Cli;

/// <summary>
/// A dialogue with a model: what was said so far, and the next answer. A question whose answer never came is forgotten; an answer that was stopped
/// half-way stays. Thinking is not repeated to the model: the chat template leaves it out.
/// </summary>
/// <param name="engine">Generates the answers.</param>
/// <param name="render">Makes a request of the messages so far; the flag says whether the model shall think.</param>
internal sealed class Conversation(IEngine engine, Func<IReadOnlyList<ChatMessage>, bool, GenerationRequest> render)
{
    private readonly List<ChatMessage> _messages = [];

    /// <summary>Instructions that come first; empty for none.</summary>
    public string System { get; set; } = "";

    public bool Thinks { get; set; } = true;

    /// <summary>Name of the adapter that answers; null for the model as it was loaded.</summary>
    public string? Adapter { get; set; }

    public SamplingOptions Sampling { get; init; } = new();

    public int? MaxTokens { get; init; }

    /// <summary>Messages said so far, without the system's.</summary>
    public int Count => _messages.Count;

    public ModelInfo Model => engine.Model;

    /// <summary>Forgets everything but the system's instructions.</summary>
    public void Reset() => _messages.Clear();

    /// <summary>The answer to <paramref name="question"/>, piece by piece.</summary>
    /// <exception cref="ArgumentException">The dialogue has grown longer than the model's context, or an option means nothing.</exception>
    public async IAsyncEnumerable<GenerationChunk> Ask(string question, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        IEnumerable<ChatMessage> system = System.Length > 0 ? [new ChatMessage("system", System)] : [];
        var asked = new ChatMessage("user", question);
        GenerationRequest request = render([.. system, .. _messages, asked], Thinks) with { Sampling = Sampling, MaxTokens = MaxTokens, Adapter = Adapter };
        var answer = new StringBuilder();
        try
        {
            await foreach (GenerationChunk chunk in engine.GenerateAsync(request, cancellation).ConfigureAwait(false))
            {
                if (chunk.Kind == ChunkKind.Answer)
                {
                    answer.Append(chunk.Text);
                }

                yield return chunk;
            }
        }
        finally
        {
            if (answer.Length > 0)
            {
                _messages.Add(asked);
                _messages.Add(new ChatMessage("assistant", answer.ToString()));
            }
        }
    }
}
