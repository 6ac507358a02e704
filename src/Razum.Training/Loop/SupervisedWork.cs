using Razum.Models;
using Razum.Training.Data;
using Razum.Training.Objectives;
using Razum.Training.Optimizers;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>A stage that learns to predict given tokens: pretraining, fine-tuning, distillation on text.</summary>
internal sealed class SupervisedWork(Trainee trainee, StageConfig stage, SequenceSource source) : StageWork(stage)
{
    private readonly SequenceFeed _feed = new(source, stage.Name, trainee.Run.SequenceLength);
    private readonly SupervisedLoss _loss = SupervisedLoss.Load(stage.Loss, trainee.Decoder);

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
        trainee.Step.Accumulate(sequences, run.MicroBatchTokens, lambda, run.BalanceAlpha, _loss);
        StepTotals totals = trainee.Step.Totals;
        double loss = totals.Main + (lambda * totals.Mtp) + totals.Balance;
        double norm = trainee.Update(rate, loss, number);
        double? violation = null;
        double? entropy = null;
        int dead = 0;
        int layer = 0;
        foreach (MixtureOfExperts mixture in trainee.Decoder.Mixtures)
        {
            long[] loads = totals.Loads[layer++];
            LoadFigures load = LoadFigures.Of(loads);
            violation = Math.Max(violation ?? 0, load.MaxViolation);
            entropy = Math.Min(entropy ?? 1, load.Entropy);
            dead += load.Dead;
            if (mixture.CorrectionBias is { } bias && run.BalanceSpeed > 0)
            {
                LoadBalance.Update(bias, loads, run.BalanceSpeed, run.BalanceCentred);
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
            LoadEntropy = entropy,
            DeadExperts = layer > 0 ? dead : null,
        };
        return new StepReport(progress, sequences.Sum(s => s.Tokens.Count), sequences.Sum(s => trainee.Cost.Training(s.Tokens.Count, lambda > 0)));
    }

    public override HeldOut Evaluate() =>
        new() { Loss = trainee.Step.Evaluate(_feed.HeldOut(trainee.Run.EvaluateTokens), trainee.Run.MicroBatchTokens) };

    public override void Dispose() => _loss.Dispose();
}
