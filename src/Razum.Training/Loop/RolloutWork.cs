using System.Diagnostics;
using Razum.Training.Rollouts;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>A stage that learns from answers of its own: a step samples groups of them, then learns; how is what the kinds of it differ in.</summary>
internal abstract class RolloutWork(Trainee trainee, StageConfig stage, PolicyConfig policy) : StageWork(stage)
{
    public override string Fingerprint => Sampling.Fingerprint;

    public override long Next { get; set; }

    protected Trainee Trainee => trainee;

    protected PolicyConfig Policy => policy;

    /// <summary>What is asked, and the answers.</summary>
    protected GroupSampling Sampling { get; } = new(trainee, stage, policy);

    public override void WriteFiles(string folder) => Sampling.WriteFiles(folder);

    public override void ReadFiles(string folder) => Sampling.ReadFiles(folder);

    public override HeldOut? Begin(int step, int done)
    {
        Sampling.Begin(done);
        return step == 0 && trainee.Run.EvaluateEvery > 0 ? Evaluate() : null;
    }

    public override StepReport Advance(int step, int number, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        long next = Next;
        IReadOnlyList<RolloutGroup> groups = Sampling.Sample(ref next, cancellation);
        double samplingSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        double rate = Stage.LearningRate * Stage.Schedule.Factor(step);
        (PolicyUpdate update, Func<PolicyProgress, PolicyProgress> describe) = Learn(groups, rate, number);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        AfterUpdates(step);
        Next = next;
        Sampling.Conclude(groups, number);
        double samplingFlops = groups.Sum(Sampling.Flops);
        long generated = groups.Sum(g => g.Rollouts.Sum(r => (long)r.Length));
        PolicyProgress figures = describe(Sampling.Describe(groups)) with
        {
            SamplingSeconds = samplingSeconds,
            UpdateSeconds = updateSeconds,
            SampledTokensPerSecond = generated / samplingSeconds,
            SamplingFlops = samplingFlops / samplingSeconds,
            UpdateFlops = update.Flops / updateSeconds,
        };
        (string? warning, string? stop) = Look(figures);
        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = trainee.Run.Steps,
            Loss = update.Loss,
            LearningRate = rate,
            GradientNorm = update.GradientNorm,
            Policy = figures,
            Warning = warning,
        };
        return new StepReport(progress, generated + update.Tokens, samplingFlops + update.Flops, stop);
    }

    public override void Dispose() => Sampling.Dispose();

    /// <summary>The updates of a step, and what they add to its figures.</summary>
    protected abstract (PolicyUpdate Update, Func<PolicyProgress, PolicyProgress> Describe) Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number);

    /// <summary>What is done after the updates of step <paramref name="step"/> of the stage, and not counted as learning.</summary>
    protected virtual void AfterUpdates(int step)
    {
    }

    /// <summary>What there is to say after a step, and whether it is a reason to stop.</summary>
    protected virtual (string? Warning, string? Stop) Look(PolicyProgress figures) => (null, null);
}
