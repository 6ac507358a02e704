using Razum.Models;
using Razum.Tensors;
using Razum.Text;
using Razum.Training.Optimizers;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>The model that a run trains, and what all its stages work on it with.</summary>
internal sealed class Trainee : IDisposable
{
    public Trainee(RunConfig run, Decoder decoder, Tokenizer tokenizer, TrainOptions options, int cacheTokens = 0)
    {
        (Run, Decoder, Tokenizer, Options, CacheTokens) = (run, decoder, tokenizer, options, cacheTokens);
        Ops = new CpuOps(options.Threads, options.InstructionSet, run.Arithmetic);
        Trained = decoder.Adapters.Count == 0 ? decoder.Parameters : [.. decoder.Adapters.SelectMany(p => new[] { p.A, p.B })];
        Optimizer = run.MakeOptimizer(Trained, Ops);
        foreach (MixtureOfExperts mixture in decoder.Mixtures)
        {
            mixture.BalanceCountsChoices = run.BalanceCountsChoices;
        }

        Step = new TrainStep(decoder, Ops);
        Cost = new DecoderCost(decoder);
    }

    public RunConfig Run { get; }

    public Decoder Decoder { get; }

    public Tokenizer Tokenizer { get; }

    public TrainOptions Options { get; }

    /// <summary>What a checkpoint has to keep: all weights, or the adapters alone where the rest is frozen.</summary>
    public IReadOnlyList<Weight> Trained { get; }

    public CpuOps Ops { get; }

    public Optimizer Optimizer { get; }

    /// <summary>Tokens that an engine that samples keeps at a time; 0 leaves it to the engine.</summary>
    public int CacheTokens { get; }

    public TrainStep Step { get; }

    public DecoderCost Cost { get; }

    /// <summary>Clips and applies the gradients that have been added up, and clears them. Returns their global norm before clipping.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <param name="loss">The loss they belong to.</param>
    /// <param name="step">Number of the step, from 1, for the message.</param>
    /// <exception cref="InvalidDataException">Loss or norm is no number any more.</exception>
    public double Update(double rate, double loss, int step)
    {
        double norm = Optimizer.GradientNorm();
        if (!double.IsFinite(norm) || !double.IsFinite(loss))
        {
            throw new InvalidDataException(
                $"{Run.Name}: step {step}: training broke down: loss {loss}, gradient norm {norm}; lower the learning rate or the clip");
        }

        Optimizer.Update(rate, norm);
        return norm;
    }

    public void Dispose()
    {
        Step.Dispose();
        Optimizer.Dispose();
        Ops.Dispose();
        foreach (Weight weight in Decoder.Parameters)
        {
            weight.Dispose();
        }
    }
}
