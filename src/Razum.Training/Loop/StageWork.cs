using Razum.Tensors;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// A stage of a run at work: what one step does, and how the model is measured. All it knows between steps is the number of the next item of its data,
/// what <see cref="State"/> lists and what <see cref="WriteFiles"/> writes, so that a run resumes with the same bits.
/// </summary>
internal abstract class StageWork(StageConfig stage) : IDisposable
{
    public StageConfig Stage => stage;

    /// <summary>What the data are, for the identity of a run.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Number of the next item of the data.</summary>
    public abstract long Next { get; set; }

    /// <summary>Values besides those of model and optimiser that a resumed run needs, by name. One row each.</summary>
    public virtual IEnumerable<(string Name, Tensor Values)> State => [];

    /// <summary>Writes what a resumed run needs besides as files into the folder of a checkpoint's state.</summary>
    public virtual void WriteFiles(string folder)
    {
    }

    /// <summary>Reads those files back.</summary>
    /// <exception cref="InvalidDataException">One is missing or damaged.</exception>
    public virtual void ReadFiles(string folder)
    {
    }

    /// <summary>Called before the first step of this process.</summary>
    /// <param name="step">Steps of the stage done before: more than 0 when the run goes on from a checkpoint.</param>
    /// <param name="done">Steps of the run done before.</param>
    /// <returns>How good the model is before the first step of the stage, where that is measured.</returns>
    public virtual HeldOut? Begin(int step, int done) => null;

    /// <summary>Step <paramref name="step"/> of the stage, which is step <paramref name="number"/> of the run, from 1.</summary>
    /// <param name="step">Steps of the stage done before.</param>
    /// <param name="number">Steps of the run done, this one included.</param>
    /// <param name="cancellation">May be asked for in the middle of a step that takes long; the step is then not done.</param>
    public abstract StepReport Advance(int step, int number, CancellationToken cancellation);

    /// <summary>Measures the model on data that is not trained on.</summary>
    public abstract HeldOut Evaluate();

    public virtual void Dispose()
    {
    }
}
