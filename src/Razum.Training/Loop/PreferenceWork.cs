using Razum.Tensors;
using Razum.Training.Data;
using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// A stage that learns from pairs of answers of which one is better (DPO and its relatives, <see cref="PreferenceLoss"/>). The reference is the model as it was
/// when the stage began.
/// </summary>
internal sealed class PreferenceWork : StageWork
{
    private readonly Trainee _trainee;
    private readonly PreferenceConfig _preference;
    private readonly PreferenceFile _pairs;
    private readonly ReferencePolicy? _reference;
    private readonly PreferenceStep _step;
    private readonly PreferenceWatch _watch;

    public PreferenceWork(Trainee trainee, StageConfig stage, PreferenceConfig preference)
        : base(stage)
    {
        RunConfig run = trainee.Run;
        (_trainee, _preference) = (trainee, preference);
        _pairs = new PreferenceFile(preference.Files, preference.HeldOut, run.Seed, trainee.Tokenizer, run.SequenceLength);
        if (run.EvaluateEvery > 0 && preference.HeldOut == 0)
        {
            throw new InvalidDataException($"{run.Name}: stage {stage.Name}: these pairs have no held-out part to evaluate: set preference.held_out");
        }

        if (_pairs.TooLong > 0)
        {
            trainee.Options.Notice?.Invoke(
                $"stage {stage.Name}: {_pairs.TooLong} of {_pairs.Count} pairs are longer than sequence_length {run.SequenceLength} and left out");
        }

        _reference = preference.ReferenceFree ? null : new ReferencePolicy(trainee.Decoder);
        _step = new PreferenceStep(trainee, preference.Loss, _reference?.Decoder);
        _watch = new PreferenceWatch(_reference is not null);
    }

    public override string Fingerprint => _pairs.Fingerprint;

    public override long Next { get; set; }

    public override IEnumerable<(string Name, Tensor Values)> State => _reference?.State ?? [];

    public override HeldOut? Begin(int step, int done)
    {
        if (step == 0)
        {
            _reference?.Refresh();
        }

        _reference?.MarkChanged();
        return null;
    }

    public override StepReport Advance(int step, int number, CancellationToken cancellation)
    {
        double rate = Stage.LearningRate * Stage.Schedule.Factor(step);
        var metrics = new PreferenceMetrics();
        (double loss, long tokens, double flops) = _step.Accumulate([.. Enumerable.Range(0, _preference.Pairs).Select(i => _pairs.Get(Next + i))], metrics);
        double norm = _trainee.Update(rate, loss, number);
        Next += _preference.Pairs;
        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = _trainee.Run.Steps,
            Loss = loss,
            LearningRate = rate,
            GradientNorm = norm,
            Preference = metrics,
            Warning = _watch.Look(metrics),
        };
        return new StepReport(progress, tokens, flops);
    }

    public override HeldOut Evaluate()
    {
        var metrics = new PreferenceMetrics();
        double loss = _step.Evaluate(_pairs.HeldOut(_trainee.Run.EvaluateTokens), metrics);
        return new HeldOut { Loss = loss, Accuracy = metrics.Accuracy, Margin = metrics.Margin };
    }

    public override void Dispose() => _reference?.Dispose();
}
