using Razum.Inference;

namespace Razum.Tests.Inference;

/// <summary>A model that says what it was told to: the n-th token of the output is the n-th of the script, then the script's last token for ever.</summary>
internal sealed class ScriptModel(int vocabSize, Func<Sequence, int[]> script) : FakeModel(vocabSize)
{
    protected override void Fill(Sequence sequence, ulong hash, int place, Span<float> logits)
    {
        logits.Clear();
        int[] tokens = script(sequence);
        logits[tokens[Math.Min(place, tokens.Length - 1)]] = 50;
    }
}
