using Razum.Training.Data;
using Razum.Training.Evals;
using Razum.Training.Tasks;

namespace Razum.Cli;

/// <summary>The questions of <c>razum eval</c> about procedural tasks: problems held out from every training, in varied wording.</summary>
internal static class EvaluationFamilies
{
    /// <param name="names">Names of tasks; none for those of the shipped model.</param>
    /// <param name="count">Problems of each.</param>
    /// <param name="seed">Fixes the problems.</param>
    /// <exception cref="ArgumentException">A task is unknown; the message lists the names.</exception>
    public static IReadOnlyList<EvaluationFamily> Make(IReadOnlyList<string> names, int count, int seed)
    {
        var examples = new NanoExamples((ulong)seed);
        return [.. (names.Count > 0 ? names.Distinct() : NanoExamples.UsualTasks).Select(name =>
        {
            ProceduralTask task = TaskRegistry.Get(name);
            return new EvaluationFamily(name, [.. Enumerable.Range(0, count).Select(i => HeldOut(examples, task, i))]);
        })];
    }

    private static EvaluationPrompt HeldOut(NanoExamples examples, ProceduralTask task, int index)
    {
        (string prompt, TaskProblem problem) = examples.Evaluation(task.Name, (ulong)index);
        return EvaluationPrompt.Of(task, problem, prompt);
    }
}
