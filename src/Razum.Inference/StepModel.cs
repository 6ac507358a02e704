using Razum.Inference.Speculation;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>What the generation loop needs of a model: run some rows of some sequences, then show the logits of those that are complete.</summary>
internal abstract class StepModel : IDisposable
{
    public abstract int VocabSize { get; }

    /// <summary>What it stores of every token.</summary>
    public abstract CacheShape CacheShape { get; }

    /// <summary>The memory there is beside it; called once, before the first step, and decides where its weights are read.</summary>
    public virtual MemoryRoom Place(ModelInfo model, EngineOptions options) => MemoryRoom.Beside(0);

    /// <summary>Another number whenever the weights have changed, so that what was computed before is no longer what would be computed.</summary>
    public abstract long Version { get; }

    /// <summary>What the model drafts with itself; null if it does not. It then follows every step.</summary>
    public virtual Drafter? Drafter => null;

    /// <summary>
    /// Runs the next rows of each sequence. Returns only if all succeeded; the caller then advances the sequences by the rows it keeps. After an exception
    /// the same rows can be run again.
    /// </summary>
    public abstract void Forward(ReadOnlySpan<PlannedRows> plan);

    /// <summary>Logits of the <paramref name="index"/>-th of the rows that want them (<see cref="PlannedRows.LogitRows"/>). [V]; valid until the next step.</summary>
    public abstract ReadOnlySpan<float> Logits(int index);

    /// <summary>log softmax(logits / temperature)[token], with the bits a trainer gets; over the tokens of <paramref name="set"/> alone, unless it is empty.</summary>
    public abstract float Logprob(ReadOnlySpan<float> logits, int token, float temperature, ReadOnlySpan<int> set);

    public abstract void Dispose();
}
