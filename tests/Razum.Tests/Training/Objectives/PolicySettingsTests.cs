using System.Text.Json;
using Razum.Training.Objectives;

namespace Razum.Tests.Training.Objectives;

/// <summary>Presets are the published variants, a run file may change them, and what has no meaning is refused by name.</summary>
public sealed class PolicySettingsTests
{
    [Theory]
    [InlineData("grpo", "grpo_deepseekmath")]
    [InlineData("r1", "grpo_r1")]
    [InlineData("dr_grpo", "dr_grpo")]
    [InlineData("dapo", "dapo")]
    [InlineData("gspo", "gspo")]
    [InlineData("cispo", "cispo")]
    [InlineData("reinforce", "reinforce")]
    [InlineData("rloo", "rloo")]
    [InlineData("reinforce_baseline", "reinforce_pp_baseline")]
    [InlineData("kimi_k15", "kimi_k15")]
    [InlineData("two_sided", "two_sided")]
    [InlineData("v32", "v32")]
    public void Presets_are_the_published_variants(string preset, string variant)
    {
        string file = Path.Combine(Repository.RepositoryFolder.Root, "tests/Razum.Tests/Goldens/train/losses/rl_edges/expected.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        string settings = document.RootElement.GetProperty(variant).GetProperty("settings").GetRawText();
        int maxLength = preset == "dr_grpo" ? 16 : 0; // the length is the run's own
        Assert.Equal(PolicyLossTests.Read(settings), PolicyLossTests.Read($$"""{"preset": "{{preset}}"}""", maxLength));
    }

    [Fact]
    public void Every_preset_can_be_read_and_changed()
    {
        foreach ((string name, PolicySettings settings) in PolicySettings.Presets)
        {
            string text = $$"""{"preset": "{{name}}", "temperature": 0.7, "dynamic_sampling": true, "mask_truncated": true, "max_length": 12}""";
            Assert.Equal(settings with { Temperature = 0.7, DynamicSampling = true, MaskTruncated = true, MaxLength = 12 }, PolicyLossTests.Read(text));
        }
    }

    [Theory]
    [InlineData("""{"preset": "grop"}""", "objective.preset")]
    [InlineData("""{"preset": "grpo", "eps": 0.2}""", "objective.eps: unknown field")]
    [InlineData("""{"preset": "grpo", "kl": "k4"}""", "objective.kl: expected one of none, k1, k2, k3, k3_unbiased")]
    [InlineData("""{"kind": "clip", "normalise": "token_mean"}""", "objective.advantage: missing")]
    [InlineData("""{"kind": "clip", "advantage": "rloo"}""", "objective.normalise: missing")]
    [InlineData("""{"preset": "dr_grpo"}""", "objective.max_length")]
    [InlineData("""{"preset": "dapo", "beta": 0.1}""", "objective.beta")]
    [InlineData("""{"preset": "dapo", "cap": 5}""", "objective.cap")]
    [InlineData("""{"preset": "dapo", "tau": 5}""", "objective.tau")]
    [InlineData("""{"preset": "dapo", "tis": "token_mask"}""", "objective.tis_cap")]
    [InlineData("""{"preset": "dapo", "temperature": 0}""", "objective.temperature")]
    [InlineData("""{"preset": "cispo", "delta": 2}""", "objective.delta")]
    [InlineData("""{"preset": "cispo", "eps_low": 2}""", "objective.eps_low")]
    [InlineData("""{"preset": "kimi_k15", "kl": "k2", "beta": 1}""", "objective.kind")]
    [InlineData("""{"preset": "rloo", "level": "token"}""", "objective.normalise")]
    [InlineData("""{"preset": "rloo", "kl": "k2", "beta": 1}""", "objective.normalise")]
    [InlineData("""{"kind": "cispo", "advantage": "rloo", "normalise": "token_mean"}""", "objective.cap")]
    public void Faults_are_named(string json, string expected)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => PolicyLossTests.Read(json));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }
}
