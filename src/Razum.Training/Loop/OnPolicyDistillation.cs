using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;

namespace Razum.Training.Loop;

/// <summary>
/// A stage in which the student answers and a teacher says at every token of the answers how it would go on: no rewards, a signal for every token, and it is
/// given where the student itself goes wrong. Where a reward is given too, it only measures.
/// </summary>
internal sealed class OnPolicyDistillation : RolloutWork
{
    private readonly Teacher _teacher;
    private readonly DistillationStep _step;

    public OnPolicyDistillation(Trainee trainee, StageConfig stage, PolicyConfig policy, TeacherConfig teacher)
        : base(trainee, stage, policy)
    {
        _teacher = Teacher.Load(teacher.Folder, trainee.Decoder, trainee.Tokenizer);
        _step = new DistillationStep(trainee, _teacher, teacher.Distillation);
    }

    /// <summary>How far the student is from its teacher on its greedy answers, and how many of them are right if there is a judge.</summary>
    public override HeldOut Evaluate()
    {
        IReadOnlyList<RolloutGroup> groups = Sampling.AskHeldOut();
        HeldOut judged = Sampling.Judge(groups) with { Loss = _step.Evaluate([.. groups.SelectMany(g => g.Rollouts)]) };
        return Policy.Reward is null ? judged with { Accuracy = null, Families = [] } : judged;
    }

    public override void Dispose()
    {
        base.Dispose();
        _teacher.Dispose();
    }

    /// <summary>The loss of a step is the mean over all answers' tokens.</summary>
    protected override (PolicyUpdate Update, Func<PolicyProgress, PolicyProgress> Describe) Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number)
    {
        PolicyUpdate total = new();
        (int dealt, long tokens, double sum) = (0, 0, 0);
        for (int m = 0; m < Policy.Minibatches; m++)
        {
            int end = (m + 1) * groups.Count / Policy.Minibatches;
            Rollout[] answers = [.. groups.Skip(dealt).Take(end - dealt).SelectMany(g => g.Rollouts)];
            dealt = end;
            if (answers.Length == 0)
            {
                continue;
            }

            PolicyUpdate update = _step.Accumulate(answers);
            long length = answers.Sum(a => (long)a.Length);
            (tokens, sum) = (tokens + length, sum + (length * update.Loss));
            total = total.Plus(update with { GradientNorm = Trainee.Update(rate, update.Loss, number) });
        }

        double loss = tokens == 0 ? 0 : sum / tokens;
        return (total with { Loss = loss }, figures => figures with { TeacherDivergence = loss });
    }
}
