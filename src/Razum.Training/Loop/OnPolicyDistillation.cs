using System.Diagnostics;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// A stage in which the student answers and a teacher says at every token of the answers how it would go on: no rewards, a signal for every token, and it is
/// given where the student itself goes wrong. Where a reward is given too, it only measures.
/// </summary>
internal sealed class OnPolicyDistillation : StageWork
{
    private readonly Trainee _trainee;
    private readonly PolicyConfig _policy;
    private readonly GroupSampling _sampling;
    private readonly Teacher _teacher;
    private readonly DistillationStep _step;

    public OnPolicyDistillation(Trainee trainee, StageConfig stage, PolicyConfig policy, TeacherConfig teacher)
        : base(stage)
    {
        (_trainee, _policy) = (trainee, policy);
        _sampling = new GroupSampling(trainee, stage, policy);
        _teacher = Teacher.Load(teacher.Folder, trainee.Decoder, trainee.Tokenizer);
        _step = new DistillationStep(trainee, _teacher, teacher.Distillation);
    }

    public override string Fingerprint => _sampling.Fingerprint;

    public override long Next { get; set; }

    public override void WriteFiles(string folder) => _sampling.WriteFiles(folder);

    public override void ReadFiles(string folder) => _sampling.ReadFiles(folder);

    public override HeldOut? Begin(int step, int done)
    {
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
        PolicyUpdate update = Learn(groups, rate, number);
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Next = next;
        _sampling.Conclude(groups, number);
        double samplingFlops = groups.Sum(_sampling.Flops);
        long generated = groups.Sum(g => g.Rollouts.Sum(r => (long)r.Length));
        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = _trainee.Run.Steps,
            Loss = update.Loss,
            LearningRate = rate,
            GradientNorm = update.GradientNorm,
            Policy = _sampling.Describe(groups) with
            {
                TeacherDivergence = update.Loss,
                SamplingSeconds = samplingSeconds,
                UpdateSeconds = updateSeconds,
                SampledTokensPerSecond = generated / samplingSeconds,
                SamplingFlops = samplingFlops / samplingSeconds,
                UpdateFlops = update.Flops / updateSeconds,
            },
        };
        return new StepReport(progress, generated + update.Tokens, samplingFlops + update.Flops);
    }

    /// <summary>How far the student is from its teacher on its greedy answers, and how many of them are right if there is a judge.</summary>
    public override HeldOut Evaluate()
    {
        IReadOnlyList<RolloutGroup> groups = _sampling.AskHeldOut();
        HeldOut judged = _sampling.Judge(groups) with { Loss = _step.Evaluate([.. groups.SelectMany(g => g.Rollouts)]) };
        return _policy.Reward is null ? judged with { Accuracy = null, Families = [] } : judged;
    }

    public override void Dispose()
    {
        _sampling.Dispose();
        _teacher.Dispose();
    }

    /// <summary>The updates of a step. Their loss is the mean over all answers' tokens.</summary>
    private PolicyUpdate Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number)
    {
        PolicyUpdate total = new();
        (int dealt, long tokens, double sum) = (0, 0, 0);
        for (int m = 0; m < _policy.Minibatches; m++)
        {
            int end = (m + 1) * groups.Count / _policy.Minibatches;
            Rollout[] answers = [.. groups.Skip(dealt).Take(end - dealt).SelectMany(g => g.Rollouts)];
            dealt = end;
            if (answers.Length == 0)
            {
                continue;
            }

            PolicyUpdate update = _step.Accumulate(answers);
            long length = answers.Sum(a => (long)a.Length);
            (tokens, sum) = (tokens + length, sum + (length * update.Loss));
            total = total.Plus(update with { GradientNorm = _trainee.Update(rate, update.Loss, number) });
        }

        return total with { Loss = tokens == 0 ? 0 : sum / tokens };
    }
}
