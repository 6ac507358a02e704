using System.Diagnostics;
using Razum.Tensors;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// A stage of reinforcement learning with verifiable rewards (GRPO and its relatives, arXiv 2402.03300 and later). A step: prompts, G answers of each from
/// the engine, rewards, advantages within each group, one or more updates.
/// </summary>
/// <remarks>
/// The engine samples from the very weights that are trained, with the same kernels: the log-probabilities it reports are the trainer's, bit for bit. The
/// first update of a step has ratio 1 exactly, and every step counts what differs (<see cref="PolicyProgress.Mismatch"/>).
/// </remarks>
internal sealed class PolicyWork : StageWork
{
    private readonly Trainee _trainee;
    private readonly PolicyConfig _policy;
    private readonly GroupSampling _sampling;
    private readonly PolicyStep _step;
    private readonly PolicyWatch _watch = new();
    private readonly ReferencePolicy? _reference;

    public PolicyWork(Trainee trainee, StageConfig stage, PolicyConfig policy)
        : base(stage)
    {
        (_trainee, _policy) = (trainee, policy);
        _sampling = new GroupSampling(trainee, stage, policy);
        _reference = policy.Objective.UsesReference ? new ReferencePolicy(trainee.Decoder) : null;
        _step = new PolicyStep(trainee, policy, _reference?.Decoder);
    }

    public override string Fingerprint => _sampling.Fingerprint;

    public override long Next { get; set; }

    public override IEnumerable<(string Name, Tensor Values)> State => _reference?.State ?? [];

    public override void WriteFiles(string folder) => _sampling.WriteFiles(folder);

    public override void ReadFiles(string folder) => _sampling.ReadFiles(folder);

    public override HeldOut? Begin(int step, int done)
    {
        if (step == 0)
        {
            _reference?.Refresh();
        }

        _reference?.MarkChanged();
        _sampling.Begin(done);
        return step == 0 && _trainee.Run.EvaluateEvery > 0 ? Evaluate() : null;
    }

    public override StepReport Advance(int step, int number, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        long next = Next;
        IReadOnlyList<RolloutGroup> groups = _sampling.Sample(ref next, cancellation);
        double samplingSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        double rate = Stage.LearningRate * Stage.Schedule.Factor(step);
        var metrics = new PolicyMetrics(_policy.Objective);
        PolicyUpdate update = Learn(groups, rate, number, metrics);
        double stepKl = update.Learned > 0 ? _step.MeasureStepKl(groups) : 0;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (_policy.ReferenceRefresh > 0 && (step + 1) % _policy.ReferenceRefresh == 0)
        {
            _reference?.Refresh();
        }

        Next = next;
        _sampling.Conclude(groups, number);
        double samplingFlops = groups.Sum(_sampling.Flops);
        long generated = groups.Sum(g => g.Rollouts.Sum(r => (long)r.Length));
        PolicyProgress policy = _sampling.Describe(groups) with
        {
            Objective = update.Learned > 0 ? metrics : null,
            StepKl = stepKl,
            Compared = update.Compared,
            Mismatch = update.Mismatch,
            RoutingChanged = update.Routed > 0 ? (double)update.RoutingChanged / update.Routed : null,
            SamplingSeconds = samplingSeconds,
            UpdateSeconds = updateSeconds,
            SampledTokensPerSecond = generated / samplingSeconds,
            SamplingFlops = samplingFlops / samplingSeconds,
            UpdateFlops = update.Flops / updateSeconds,
        };
        (string? warning, string? stop) = update.Mismatch > 0
            ? (null, $"{update.Mismatch} of {update.Compared} log-probabilities differ between sampler and trainer: the engine is broken, please report it")
            : _watch.Look(policy);
        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = _trainee.Run.Steps,
            Loss = update.Loss,
            LearningRate = rate,
            GradientNorm = update.GradientNorm,
            Policy = policy,
            Warning = warning,
        };
        return new StepReport(progress, generated + update.Tokens, samplingFlops + update.Flops, stop);
    }

    public override HeldOut Evaluate() => _sampling.Judge(_sampling.AskHeldOut());

    public override void Dispose()
    {
        _sampling.Dispose();
        _reference?.Dispose();
    }

    /// <summary>The updates of a step.</summary>
    private PolicyUpdate Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number, PolicyMetrics metrics)
    {
        PolicyUpdate total = new();
        int dealt = 0;
        for (int m = 0; m < _policy.Minibatches; m++)
        {
            int end = (m + 1) * groups.Count / _policy.Minibatches;
            PolicyUpdate update = _step.Accumulate([.. groups.Skip(dealt).Take(end - dealt)], isOnPolicy: total.Learned == 0, metrics);
            dealt = end;
            if (update.Learned > 0)
            {
                update = update with { GradientNorm = _trainee.Update(rate, update.Loss, number) };
            }

            total = total.Plus(update);
        }

        return total;
    }
}
