using Razum.Training.Data;
using Razum.Training.Evals;
using Razum.Training.Tasks;

namespace Razum.Cli;

/// <summary>
/// The questions of <c>razum eval</c>. Tasks that the shipped model was trained on are asked with problems held out from its training, in varied wording;
/// others as the task words them.
/// </summary>
internal static class EvaluationFamilies
{
    private const ulong Stream = 0x6576616c; // "eval": apart from every stream of training

    /// <param name="names">Names of tasks; none for those of the shipped model.</param>
    /// <param name="count">Problems of each.</param>
    /// <param name="seed">Fixes the problems.</param>
    /// <exception cref="ArgumentException">A task is unknown; the message lists the names.</exception>
    public static IReadOnlyList<EvaluationFamily> Make(IReadOnlyList<string> names, int count, int seed)
    {
        var examples = new NanoExamples((ulong)seed);
        string[] trained = [.. NanoExamples.Families.Where(family => TaskRegistry.All.Any(task => task.Name == family))];
        return [.. (names.Count > 0 ? names.Distinct() : trained).Select(name =>
        {
            ProceduralTask task = TaskRegistry.Get(name);
            bool isTrained = trained.Contains(name);
            return new EvaluationFamily(name, [.. Enumerable.Range(0, count).Select(i => isTrained ? HeldOut(examples, task, i) : Fresh(task, seed, i))]);
        })];
    }

    private static EvaluationPrompt HeldOut(NanoExamples examples, ProceduralTask task, int index)
    {
        (string prompt, TaskProblem problem) = examples.Evaluation(task.Name, (ulong)index);
        return EvaluationPrompt.Of(task, problem, prompt);
    }

    private static EvaluationPrompt Fresh(ProceduralTask task, int seed, int index)
    {
        var random = new TaskRandom((ulong)seed, Stream, (ulong)index);
        return EvaluationPrompt.Of(task, task.Generate(ref random));
    }
}
