using Razum.Models;
using Razum.Training.Data;
using Razum.Training.Optimizers;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>A stage that learns to predict given tokens: pretraining, fine-tuning, distillation on text.</summary>
internal sealed class SupervisedWork(Trainee trainee, StageConfig stage, SequenceSource source) : StageWork(stage)
{
    private readonly SequenceFeed _feed = new(source, stage.Name, trainee.Run.SequenceLength);

    public override string Fingerprint => source.Fingerprint;

    public override long Next
    {
        get => _feed.Next;
        set => _feed.Next = value;
    }

    public override StepReport Advance(int step, int number, CancellationToken cancellation)
    {
        RunConfig run = trainee.Run;
        double lambda = Stage.MtpLambdaAt(step);
        double rate = Stage.LearningRate * Stage.Schedule.Factor(step);
        IReadOnlyList<TrainingSequence> sequences = _feed.Take(Stage.StepTokens);
        trainee.Step.Accumulate(sequences, run.MicroBatchTokens, lambda, run.BalanceAlpha);
        StepTotals totals = trainee.Step.Totals;
        double loss = totals.Main + (lambda * totals.Mtp) + totals.Balance;
        double norm = trainee.Update(rate, loss, number);
        double? violation = null;
        int layer = 0;
        foreach (MixtureOfExperts mixture in trainee.Decoder.Mixtures)
        {
            long[] loads = totals.Loads[layer++];
            violation = Math.Max(violation ?? 0, LoadBalance.MaxViolation(loads));
            if (mixture.CorrectionBias is { } bias && run.BalanceSpeed > 0)
            {
                LoadBalance.Update(bias, loads, run.BalanceSpeed);
            }
        }

        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = run.Steps,
            Loss = loss,
            Main = totals.Main,
            Mtp = lambda > 0 ? totals.Mtp : null,
            Balance = run.BalanceAlpha > 0 && layer > 0 ? totals.Balance : null,
            LearningRate = rate,
            GradientNorm = norm,
            MaxViolation = violation,
        };
        return new StepReport(progress, sequences.Sum(s => s.Tokens.Count), sequences.Sum(s => trainee.Cost.Training(s.Tokens.Count, lambda > 0)));
    }

    public override HeldOut Evaluate() =>
        new() { Loss = trainee.Step.Evaluate(_feed.HeldOut(trainee.Run.EvaluateTokens), trainee.Run.MicroBatchTokens) };
}
