using Razum.Models;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Verifiers;

namespace Razum.Training.Runs;

/// <summary>How a stage of reinforcement learning with verifiable rewards works.</summary>
public sealed record PolicyConfig
{
    /// <summary>Prompts of a step.</summary>
    public required int Prompts { get; init; }

    /// <summary>G, answers of each prompt.</summary>
    public required int Samples { get; init; }

    /// <summary>The longest answer in tokens.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Updates of a step: its groups are dealt out to so many mini-batches. All but the first then train on answers of an older policy.</summary>
    public int Minibatches { get; init; } = 1;

    /// <summary>
    /// Truncation of the draws, as for any request. What it leaves is recorded with every token, and the objective, its entropy and its KL term are over the
    /// same tokens.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>Whether updates send every token to the experts that it went to when it was sampled (DeepSeek-V3.2's "Keep Routing").</summary>
    public bool ReplayRouting { get; init; }

    /// <summary>The loss; its temperature is that of sampling.</summary>
    public required PolicySettings Objective { get; init; }

    /// <summary>What an answer earns.</summary>
    public required Reward Reward { get; init; }

    /// <summary>What the length of an answer earns besides; null for nothing.</summary>
    public LengthReward? LengthReward { get; init; }

    /// <summary>
    /// Whether each part of the reward is normalised by itself before they are added up (GDPO), so that none drowns the others. The objective's own kind of
    /// advantage is then not used.
    /// </summary>
    public bool NormaliseEach { get; init; }

    /// <summary>Families of problems and how often each is drawn.</summary>
    public required IReadOnlyDictionary<string, double> Families { get; init; }

    /// <summary>Level of difficulty of the problems; null for whole distributions.</summary>
    public int? Level { get; init; }

    /// <summary>Whether groups without variance are replaced by new ones (DAPO's dynamic sampling), for at most three times the prompts.</summary>
    public bool Refill { get; init; }

    /// <summary>Steps after which the reference policy becomes the present one; 0 for never. Only with a KL term.</summary>
    public int ReferenceRefresh { get; init; }

    /// <summary>Held-out problems of an evaluation, all families together.</summary>
    public int EvaluatePrompts { get; init; } = 256;

    /// <summary>The most answers decoded together.</summary>
    public int Concurrent { get; init; } = 512;

    /// <summary>Whether sampling records the experts of a model: to replay them, or to count what changes where weights move before all has been learned.</summary>
    internal bool RecordsRouting(ModelConfig model) => model.Moe is { RoutedPerToken: > 0 } && (ReplayRouting || Minibatches > 1);

    /// <summary>All parts of what an answer earns, the one of its length included, with their weights.</summary>
    internal IReadOnlyList<(string Name, double Weight)> RewardWeights =>
        [.. Reward.Parts.Select(p => (p.Name, p.Weight)), .. LengthReward is { } length ? [(LengthReward.Part, length.Weight)] : Array.Empty<(string, double)>()];
}
