using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Objectives;

/// <summary>The loss of a micro-batch of given tokens as <see cref="SupervisedSettings"/> ask for it, with the teacher if there is one.</summary>
internal sealed class SupervisedLoss : IDisposable
{
    private readonly Decoder? _teacher;

    private SupervisedLoss(SupervisedSettings settings, Decoder? teacher) => (Settings, _teacher) = (settings, teacher);

    public SupervisedSettings Settings { get; }

    /// <param name="settings">What to minimise.</param>
    /// <param name="student">The model that learns.</param>
    /// <exception cref="InvalidDataException">The teacher cannot be loaded, or does not fit the student; one line.</exception>
    public static SupervisedLoss Load(SupervisedSettings settings, Decoder student)
    {
        if (settings.Teacher is not { } folder)
        {
            return new SupervisedLoss(settings, null);
        }

        ModelConfig config = ModelConfigReader.Read(folder);
        if (config.VocabSize != student.Config.VocabSize)
        {
            throw new InvalidDataException($"{folder}: the teacher has {config.VocabSize} tokens, the student {student.Config.VocabSize}");
        }

        if (settings.Distillation.Kind == DistillationKind.TopK && settings.Distillation.K > config.VocabSize)
        {
            throw new InvalidDataException($"{folder}: the teacher has {config.VocabSize} tokens, {settings.Distillation.K} are to be kept");
        }

        using var checkpoint = new Checkpoint(folder);
        return new SupervisedLoss(settings, new Decoder(config, new CheckpointParameters(checkpoint, trainable: true)));
    }

    /// <summary>The logits of the teacher for every row, [T, V]; empty without one. They stay in the arena, all else is given back.</summary>
    public Tensor Teach(CpuOps ops, Batch batch)
    {
        if (_teacher is null)
        {
            return default;
        }

        Tensor logits = ops.Arena.Allocate(batch.Count, _teacher.Head.Rows);
        Arena.Mark mark = ops.Arena.Here();
        Tensor computed = ops.Linear(_teacher.Forward(ops, batch), _teacher.Head);
        for (int t = 0; t < logits.Rows; t++)
        {
            computed[t].CopyTo(logits[t]);
        }

        ops.Arena.Release(mark);
        return logits;
    }

    /// <summary>sum_t weights[t] * loss of row t. [1, 1]</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="hidden">Hidden states of the student, [T, D].</param>
    /// <param name="head">Its head, [V, D].</param>
    /// <param name="teacher">What <see cref="Teach"/> gave for the same batch.</param>
    /// <param name="targets">Next token of each row.</param>
    /// <param name="weights">Weight of each row.</param>
    public Tensor Evaluate(Tape tape, Tensor hidden, Weight head, Tensor teacher, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights)
    {
        if (!teacher.IsEmpty)
        {
            return tape.HeadLoss(hidden, head, new DistillationLoss(Settings.Distillation, teacher, targets.ToArray()), weights);
        }

        return Settings is { Smoothing: 0, Z: 0 }
            ? tape.CrossEntropy(hidden, head, targets, weights)
            : tape.HeadLoss(hidden, head, new LabelLoss(targets.ToArray(), Settings.Smoothing, Settings.Z), weights);
    }

    public void Dispose()
    {
        foreach (Weight weight in _teacher?.Parameters ?? [])
        {
            weight.Dispose();
        }
    }
}
