using System.Text;
using Razum.Inference;

namespace Razum.Tests.Inference;

/// <summary>All pieces of an answer, collected.</summary>
internal sealed record Answer(string Reasoning, string Text, GeneratedToken[] Tokens, FinishReason? Finish, Usage? Usage, GenerationChunk[] Chunks)
{
    public int[] Ids => [.. Tokens.Select(t => t.Id)];

    public static async Task<Answer> Collect(IEngine engine, GenerationRequest request, CancellationToken cancellationToken)
    {
        List<GenerationChunk> chunks = [];
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request, cancellationToken))
        {
            chunks.Add(chunk);
        }

        string Join(ChunkKind kind) => chunks.Where(c => c.Kind == kind).Aggregate(new StringBuilder(), (s, c) => s.Append(c.Text)).ToString();
        GeneratedToken[] tokens = [.. chunks.SelectMany(c => c.Tokens)];
        return new Answer(Join(ChunkKind.Reasoning), Join(ChunkKind.Answer), tokens, chunks[^1].FinishReason, chunks[^1].Usage, [.. chunks]);
    }
}
