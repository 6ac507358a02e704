using System.Text.Json;
using Razum.Training.Objectives;

namespace Razum.Tests.Training.Objectives;

/// <summary>Shaped rewards against the papers' formulas.</summary>
[Trait("golden", "yes")]
public sealed class RewardShapingTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenLosses.Cases("shaped_rewards");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Lengths_of_a_group(string folder)
    {
        var golden = new GoldenLosses(folder);
        foreach (JsonElement group in golden.Expected.GetProperty("k15_length").GetProperty("groups").EnumerateArray())
        {
            double[] rewards = new double[group.GetProperty("lengths").GetArrayLength()];
            RewardShaping.LengthOfGroup([.. Numbers(group, "lengths").Select(l => (int)l)], [.. group.GetProperty("correct").EnumerateArray().Select(c => c.GetBoolean())], rewards);
            golden.Check("k15_length", rewards, Numbers(group, "reward"), golden.Tolerance("k15_length"));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Soft_overlong(string folder)
    {
        var golden = new GoldenLosses(folder);
        JsonElement of = golden.Expected.GetProperty("soft_overlong");
        (int most, int cache) = (of.GetProperty("max").GetInt32(), of.GetProperty("cache").GetInt32());
        double[] rewards = [.. Numbers(of, "lengths").Select(l => RewardShaping.SoftOverlong((int)l, most, cache))];
        golden.Check("soft_overlong", rewards, Numbers(of, "reward"), golden.Tolerance("soft_overlong"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Cosine_of_length(string folder)
    {
        var golden = new GoldenLosses(folder);
        foreach (JsonElement row in golden.Expected.GetProperty("cosine_length").GetProperty("rows").EnumerateArray())
        {
            (int length, int full, bool correct) = (row.GetProperty("length").GetInt32(), row.GetProperty("max_length").GetInt32(), row.GetProperty("correct").GetBoolean());
            double openR1 = correct ? RewardShaping.CosineLength(length, full, 1, 0.5) : RewardShaping.CosineLength(length, full, -1, -0.5);
            golden.Check("cosine_length.open_r1", openR1, row.GetProperty("reward_open_r1").GetDouble());
            golden.Check("cosine_length.paper", RewardShaping.CosineLength(length, full, correct), row.GetProperty("reward_paper").GetDouble());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_reward_is_normalised(string folder)
    {
        var golden = new GoldenLosses(folder);
        JsonElement of = golden.Expected.GetProperty("gdpo");
        double[] advantages = new double[of.GetProperty("groups").GetArrayLength()];
        double[] rewards = [.. of.GetProperty("rewards").EnumerateArray().SelectMany(r => r.EnumerateArray().Select(x => x.GetDouble()))];
        RewardShaping.NormaliseEach(rewards, Numbers(of, "weights"), [.. Numbers(of, "groups").Select(g => (int)g)], advantages);
        golden.Check("gdpo", advantages, Numbers(of, "advantage"), golden.Tolerance("gdpo"));
    }

    private static double[] Numbers(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];
}
