using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Runs;

/// <summary>What a stage of reinforcement may ask and whom it may follow, and that what has no meaning is refused by name.</summary>
public sealed class PolicyReaderTests : IDisposable
{
    private const string Rewarded = "\"objective\": {\"preset\": \"dapo\"}, \"reward\": [{\"verifier\": \"math\"}]";
    private const string Files = "\"problems\": [{\"files\": [\"a.jsonl\"], \"columns\": {\"prompt\": \"q\", \"answer_after\": \"####\"}, \"weight\": 3, \"held_out\": 0.1}, {\"set\": \"gsm8k\", \"path\": \"data/gsm8k\", \"directive\": \"Box it.\"}]";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Problems_and_a_curriculum_arrive()
    {
        PolicyConfig policy = Read($$"""{{Rewarded}}, {{Files}}, "families": {"gcd": 2}, "curriculum": {"low": 0.05, "high": 0.95, "prefer_hard": true, "levels": true, "memory": 500, "pass_rates": "r.jsonl"}""");
        Assert.Equal([_folder.File("a.jsonl")], policy.Problems[0].Files);
        Assert.Equal(("q", "####", 3.0, 0.1, "a"), (policy.Problems[0].Columns.Prompt, policy.Problems[0].Columns.AnswerAfter, policy.Problems[0].Weight, policy.Problems[0].HeldOut, policy.Problems[0].Name));
        Assert.Equal(("gsm8k", "Box it.", 1.0, "gsm8k"), (policy.Problems[1].Set, policy.Problems[1].Directive, policy.Problems[1].Weight, policy.Problems[1].Name));
        Assert.Equal([_folder.File(Path.Combine("data", "gsm8k"))], policy.Problems[1].Files);
        Assert.Equal(
            new CurriculumConfig { Low = 0.05, High = 0.95, PreferHard = true, Levels = true, Memory = 500, PassRates = _folder.File("r.jsonl") }, policy.Curriculum);
    }

    [Fact]
    public void A_teacher_arrives()
    {
        PolicyConfig policy = Read("""
            "teacher": "big", "temperature": 0.9, "samples": 1, "families": {"gcd": 1}, "distillation": {"divergence": "jsd", "jsd": 0.25}
            """);
        Assert.Equal(new TeacherConfig(_folder.File("big"), new DistillationSettings { Kind = DistillationKind.Jsd, Jsd = 0.25 }), policy.Teacher);
        Assert.Equal((0.9, 1), (policy.Objective.Temperature, policy.Samples));
        Assert.Null(policy.Reward);
        Assert.Equal(DistillationKind.Reverse, Read("""
            "teacher": "big", "samples": 1, "families": {"gcd": 1}
            """).Teacher!.Distillation.Kind);
    }

    [Theory]
    [InlineData(Rewarded, "families: give families")]
    [InlineData(Rewarded + ", \"problems\": []", "problems: expected a list")]
    [InlineData(Rewarded + ", \"problems\": [{\"set\": \"gsm9k\", \"path\": \"a\"}]", "problems[0].set: expected one of")]
    [InlineData(Rewarded + ", \"problems\": [{\"set\": \"gsm8k\"}]", "problems[0].path: missing")]
    [InlineData(Rewarded + ", \"problems\": [{\"files\": [\"a\"], \"colums\": {}}]", "problems[0].colums: unknown field")]
    [InlineData(Rewarded + ", \"families\": {\"gcd\": 1}, \"curriculum\": {\"low\": 0.9, \"high\": 0.1}", "curriculum.high")]
    [InlineData(Rewarded + ", \"families\": {\"gcd\": 1}, \"level\": 1, \"curriculum\": {\"levels\": true}", "level: the curriculum")]
    [InlineData(Rewarded + ", \"families\": {\"gcd\": 1}, \"samples\": 1", "samples")]
    [InlineData(Rewarded + ", \"families\": {\"gcd\": 1}, \"teacher\": \"big\"", "objective: unknown field")]
    [InlineData("\"teacher\": \"big\", \"families\": {\"gcd\": 1}, \"curriculum\": {}", "curriculum: needs a reward")]
    [InlineData("\"teacher\": \"big\", \"families\": {\"gcd\": 1}, \"distillation\": {\"kind\": \"jsd\"}", "distillation.kind: unknown field")]
    public void Faults_are_named(string fields, string expected)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Read(fields));
        Assert.Contains($"stages[0].reinforcement.{expected}", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private PolicyConfig Read(string fields)
    {
        string samples = fields.Contains("\"samples\"", StringComparison.Ordinal) ? "" : "\"samples\": 4, ";
        string file = _folder.File("run.json");
        File.WriteAllText(file, $$$"""
            {
              "name": "tiny", "seed": 5, "model": {"config": {{{TinyModel.Json}}}}, "output": "out", "sequence_length": 64, "micro_batch_tokens": 128,
              "stages": [{"name": "rl", "steps": 2, "learning_rate": 1e-5, "schedule": {"kind": "constant"},
                "reinforcement": {"prompts": 2, {{{samples}}}"max_tokens": 16, {{{fields}}} } }]
            }
            """);
        return RunConfigReader.Read(file).Stages[0].Policy!;
    }
}
