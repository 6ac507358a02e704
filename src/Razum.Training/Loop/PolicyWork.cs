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
internal sealed class PolicyWork : RolloutWork
{
    private readonly PolicyStep _step;
    private readonly PolicyWatch _watch = new();
    private readonly ReferencePolicy? _reference;

    public PolicyWork(Trainee trainee, StageConfig stage, PolicyConfig policy)
        : base(trainee, stage, policy)
    {
        _reference = policy.Objective.UsesReference ? new ReferencePolicy(trainee.Decoder) : null;
        _step = new PolicyStep(trainee, policy, _reference?.Decoder);
    }

    public override IEnumerable<(string Name, Tensor Values)> State => _reference?.State ?? [];

    public override HeldOut? Begin(int step, int done)
    {
        if (step == 0)
        {
            _reference?.Refresh();
        }

        _reference?.MarkChanged();
        return base.Begin(step, done);
    }

    public override HeldOut Evaluate() => Sampling.Judge(Sampling.AskHeldOut());

    public override void Dispose()
    {
        base.Dispose();
        _reference?.Dispose();
    }

    protected override (PolicyUpdate Update, Func<PolicyProgress, PolicyProgress> Describe) Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number)
    {
        var metrics = new PolicyMetrics(Policy.Objective);
        PolicyUpdate total = new();
        int dealt = 0;
        for (int m = 0; m < Policy.Minibatches; m++)
        {
            int end = (m + 1) * groups.Count / Policy.Minibatches;
            PolicyUpdate update = _step.Accumulate([.. groups.Skip(dealt).Take(end - dealt)], isOnPolicy: total.Learned == 0, metrics);
            dealt = end;
            if (update.Learned > 0)
            {
                update = update with { GradientNorm = Trainee.Update(rate, update.Loss, number) };
            }

            total = total.Plus(update);
        }

        double stepKl = total.Learned > 0 ? _step.MeasureStepKl(groups) : 0;
        return (total, figures => figures with
        {
            Objective = total.Learned > 0 ? metrics : null,
            StepKl = stepKl,
            Compared = total.Compared,
            Mismatch = total.Mismatch,
            RoutingChanged = total.Routed > 0 ? (double)total.RoutingChanged / total.Routed : null,
        });
    }

    protected override void AfterUpdates(int step)
    {
        if (Policy.ReferenceRefresh > 0 && (step + 1) % Policy.ReferenceRefresh == 0)
        {
            _reference?.Refresh();
        }
    }

    protected override (string? Warning, string? Stop) Look(PolicyProgress figures) => figures.Mismatch > 0
        ? (null, $"{figures.Mismatch} of {figures.Compared} log-probabilities differ between sampler and trainer: the engine is broken, please report it")
        : _watch.Look(figures);
}
