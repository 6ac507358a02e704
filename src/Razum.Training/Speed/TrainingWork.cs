using Razum.Models;
using Razum.Tensors;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Optimizers;

namespace Razum.Training.Speed;

/// <summary>Whole training steps of a model of the same shape with new F32 weights: forward, cross-entropy, backward, clipping, AdamW. Random tokens.</summary>
internal sealed class TrainingWork : IDisposable
{
    private const int LongestSequence = 512;
    private const int MostSequences = 8;

    /// <summary>Operations that a step should not exceed, so that it takes seconds at most.</summary>
    private const double MostOperations = 2e12;

    /// <summary>
    /// Reads and writes of each value and step: the weight in forward and backward, its gradient read and written, and in the optimiser weight, gradient and
    /// two moments, each read and written.
    /// </summary>
    private const int Accesses = 12;

    private readonly Arithmetic _arithmetic;
    private readonly Decoder _decoder;
    private readonly CpuOps _ops;
    private readonly AdamW _optimizer;
    private readonly TrainStep _step;
    private readonly TrainingSequence[] _sequences;

    private TrainingWork(ModelConfig config, BenchmarkOptions options, int sequences, int length)
    {
        _arithmetic = options.Arithmetic;
        _decoder = new Decoder(config, new RandomParameters(1, config.InitializerRange, config.NumHiddenLayers));
        _ops = new CpuOps(options.Threads, null, options.Arithmetic);
        _optimizer = new AdamW(_decoder.Parameters, _ops.Pool, new AdamWSettings());
        _step = new TrainStep(_decoder, _ops);
        _sequences = [.. Enumerable.Range(0, sequences).Select(i => Sequence(i, length, config.VocabSize))];
    }

    /// <summary>Steps of a model of that shape; null, with the reason, if they do not fit memory.</summary>
    public static TrainingWork? TryCreate(ModelConfig config, BenchmarkOptions options, out string? reason)
    {
        var shape = new Decoder(config, new ShapeParameters());
        int length = Math.Min(LongestSequence, config.MaxPositionEmbeddings);
        double each = new DecoderCost(shape).Training(length, withMtp: false);
        int sequences = (int)Math.Clamp(MostOperations / each, 1, MostSequences);
        reason = MemoryNeed.OfTraining(shape, sequences * length).Excess();
        return reason is null ? new TrainingWork(config, options, sequences, length) : null;
    }

    /// <summary>One step.</summary>
    public Workload Step()
    {
        var cost = new DecoderCost(_decoder);
        int tokens = _sequences.Sum(s => s.Tokens.Count);
        double operations = _sequences.Sum(s => cost.Training(s.Tokens.Count, withMtp: false));
        double bytes = (double)Accesses * sizeof(float) * _decoder.Parameters.Sum(w => w.Count);
        return new Workload($"train {_sequences.Length} x {_sequences[0].Tokens.Count}", ComputePath.OfTraining(_arithmetic), tokens, operations, bytes, _ =>
        {
            _step.Accumulate(_sequences, tokens, 0, 0);
            _optimizer.Update(1e-4, _optimizer.GradientNorm());
            return Task.CompletedTask;
        });
    }

    public void Dispose()
    {
        _step.Dispose();
        _optimizer.Dispose();
        _ops.Dispose();
        foreach (Weight weight in _decoder.Parameters)
        {
            weight.Dispose();
        }
    }

    private static TrainingSequence Sequence(int seed, int length, int vocabulary)
    {
        var random = new Random(seed);
        var sequence = new TrainingSequence();
        for (int i = 0; i < length; i++)
        {
            sequence.Add(random.Next(vocabulary), isTarget: true);
        }

        return sequence;
    }
}
