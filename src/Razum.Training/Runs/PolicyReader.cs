using Razum.Training.Evals.Sets;
using Razum.Training.Objectives;

namespace Razum.Training.Runs;

/// <summary>Reads what a stage of reinforcement learning asks, and whom it learns from.</summary>
internal static class PolicyReader
{
    /// <summary>The files of problems; none when there are families alone.</summary>
    /// <exception cref="InvalidDataException">There is nothing to ask at all, or a field is wrong.</exception>
    public static IReadOnlyList<ProblemsConfig> ReadProblems(RunFields fields, Func<string, string> full)
    {
        bool hasFamilies = fields.Weights("families").Values.Any(w => w > 0);
        return fields.Has("problems") ? [.. fields.Objects("problems").Select(p => ReadFile(p, full))]
            : hasFamilies ? []
            : throw fields.Fault("families", "give families of problems, or problems from files");
    }

    public static CurriculumConfig? ReadCurriculum(RunFields? fields, Func<string, string> full)
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
    public static TeacherConfig? ReadTeacher(RunFields fields, Func<string, string> full)
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
