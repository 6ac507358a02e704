using Razum.Training.Evals.Sets;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Verifiers;

namespace Razum.Training.Runs;

/// <summary>Reads a stage of reinforcement learning: what it asks, how it is rewarded, and whom it learns from.</summary>
internal static class PolicyReader
{
    /// <param name="fields">The stage's <c>reinforcement</c>.</param>
    /// <param name="full">Makes a path of the run file a full one.</param>
    /// <param name="sequenceLength">The longest sequence of the run.</param>
    /// <exception cref="InvalidDataException">A field is wrong.</exception>
    public static PolicyConfig Read(RunFields fields, Func<string, string> full, int sequenceLength)
    {
        int prompts = fields.Whole("prompts");
        int longest = fields.Whole("max_tokens", most: sequenceLength - 1);
        TeacherConfig? teacher = ReadTeacher(fields, full);
        bool isRewarded = teacher is null;
        PolicySettings settings = isRewarded
            ? PolicySettingsReader.Read(fields.Object("objective"), longest)
            : new PolicySettings { Temperature = fields.Number("temperature", 1, least: 1e-3) };
        var policy = new PolicyConfig
        {
            Prompts = prompts,
            Samples = fields.Whole("samples", least: isRewarded ? 2 : 1, most: 65_536),
            MaxTokens = longest,
            Minibatches = fields.Whole("minibatches", 1, most: prompts),
            Teacher = teacher,
            TopP = fields.Number("top_p", 1, least: 1e-3, most: 1),
            TopK = fields.Whole("top_k", 0, least: 0),
            MinP = fields.Number("min_p", 0, most: 1),
            ReplayRouting = isRewarded && fields.Flag("replay_routing", false),
            Objective = settings,
            Reward = isRewarded || fields.Has("reward") ? Reward.Read(fields.Objects("reward")) : null,
            LengthReward = isRewarded && fields.OptionalObject("length_reward") is { } length ? LengthReward.Read(length, longest) : null,
            NormaliseEach = isRewarded && fields.Flag("normalise_each", false),
            Families = fields.Weights("families"),
            Problems = ReadProblems(fields, full),
            Level = fields.Has("level") ? fields.Whole("level", least: 0) : null,
            Curriculum = ReadCurriculum(fields.OptionalObject("curriculum"), full),
            Refill = isRewarded && fields.Choice("zero_variance", "skip", "skip", "refill") == "refill",
            ReferenceRefresh = isRewarded ? fields.Whole("reference_refresh", 0, least: 0) : 0,
            EvaluatePrompts = fields.Whole("evaluate_prompts", 256),
            Concurrent = fields.Whole("concurrent", 512, most: 65_536),
        };
        fields.Done();
        return policy is { Curriculum: not null, Reward: null } ? throw fields.Fault("curriculum", "needs a reward that says which answers are right")
            : policy is { Curriculum.Levels: true, Level: not null } ? throw fields.Fault("level", "the curriculum chooses the level")
            : policy;
    }

    /// <summary>The files of problems; none when there are families alone.</summary>
    /// <exception cref="InvalidDataException">There is nothing to ask at all, or a field is wrong.</exception>
    private static IReadOnlyList<ProblemsConfig> ReadProblems(RunFields fields, Func<string, string> full)
    {
        bool hasFamilies = fields.Weights("families").Values.Any(w => w > 0);
        return fields.Has("problems") ? [.. fields.Objects("problems").Select(p => ReadFile(p, full))]
            : hasFamilies ? []
            : throw fields.Fault("families", "give families of problems, or problems from files");
    }

    private static CurriculumConfig? ReadCurriculum(RunFields? fields, Func<string, string> full)
    {
        if (fields is null)
        {
            return null;
        }

        var usual = new CurriculumConfig();
        double low = fields.Number("low", usual.Low, most: 1);
        var curriculum = new CurriculumConfig
        {
            Low = low,
            High = fields.Number("high", usual.High, least: low, most: 1),
            PreferHard = fields.Flag("prefer_hard", usual.PreferHard),
            Levels = fields.Flag("levels", usual.Levels),
            Advance = fields.Number("advance", usual.Advance, most: 1),
            Retry = fields.Number("retry", usual.Retry, least: 0.001, most: 1),
            Window = fields.Whole("window", usual.Window, least: 2, most: 1 << 20),
            Memory = fields.Whole("memory", usual.Memory),
            PassRates = fields.Has("pass_rates") ? full(fields.Text("pass_rates")) : null,
        };
        fields.Done();
        return curriculum;
    }

    /// <summary>The teacher of a stage that distils on the student's own answers; null where answers are rewarded.</summary>
    private static TeacherConfig? ReadTeacher(RunFields fields, Func<string, string> full)
    {
        if (!fields.Has("teacher"))
        {
            return null;
        }

        RunFields? distillation = fields.OptionalObject("distillation");
        var usual = new DistillationSettings { Kind = DistillationKind.Reverse };
        var teacher = new TeacherConfig(full(fields.Text("teacher")), distillation is null ? usual : SupervisedSettings.ReadDistillation(distillation, usual));
        distillation?.Done();
        return teacher;
    }

    private static ProblemsConfig ReadFile(RunFields fields, Func<string, string> full)
    {
        string? set = fields.Has("set") ? fields.Choice("set", null, [.. EvaluationSets.Names]) : null;
        var problems = new ProblemsConfig
        {
            Set = set,
            Files = set is null ? [.. fields.Texts("files").Select(full)] : [full(fields.Text("path"))],
            Columns = set is null ? RunConfigReader.ReadColumns(fields.OptionalObject("columns")) : new(),
            Directive = fields.Has("directive") ? fields.Text("directive") : null,
            Weight = fields.Number("weight", 1, least: 1e-6),
            HeldOut = fields.Number("held_out", 0, most: 0.5),
        };
        fields.Done();
        return problems;
    }
}
