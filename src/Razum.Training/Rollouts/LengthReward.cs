using Razum.Training.Objectives;
using Razum.Training.Runs;
using Razum.Training.Verifiers;

namespace Razum.Training.Rollouts;

/// <summary>A reward for the length of answers, added to what the verifiers give.</summary>
/// <param name="Kind">The formula; see <see cref="RewardShaping"/>.</param>
/// <param name="Weight">Its factor.</param>
/// <param name="MaxTokens">The longest answer there can be.</param>
public sealed record LengthReward(LengthRewardKind Kind, double Weight, int MaxTokens)
{
    /// <summary>Its name among the parts of a reward.</summary>
    public const string Part = "length";

    /// <summary>The group with the reward added, as a part called <c>length</c>.</summary>
    public RolloutGroup Apply(RolloutGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        int[] lengths = [.. group.Rollouts.Select(r => r.Length)];
        bool[] correct = [.. group.Rollouts.Select(r => r.Reward.Outcome == VerdictOutcome.Correct)];
        double[] values = new double[lengths.Length];
        if (Kind == LengthRewardKind.Kimi)
        {
            RewardShaping.LengthOfGroup(lengths, correct, values);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = RewardShaping.CosineLength(lengths[i], MaxTokens, correct[i]);
            }
        }

        return group with { Rollouts = [.. group.Rollouts.Select((r, i) => r with { Reward = Add(r.Reward, values[i]) })] };
    }

    internal static LengthReward Read(RunFields fields, int maxTokens)
    {
        var reward = new LengthReward(fields.Choice<LengthRewardKind>("kind", null), fields.Number("weight", 1), maxTokens);
        fields.Done();
        return reward;
    }

    private RewardResult Add(RewardResult reward, double value) => reward with
    {
        Total = reward.Total + (Weight * value),
        Parts = new Dictionary<string, Verdict>(reward.Parts, StringComparer.Ordinal) { [Part] = Verdict.Graded(value, double.PositiveInfinity) },
    };
}
