using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>A task with exactly one right text, computed from the other truth fields.</summary>
internal abstract class SolvedTask : ProceduralTask
{
    /// <summary>The answer (a number or a string) of the problem whose other fields are in <paramref name="truth"/>.</summary>
    public abstract JsonValue Solve(JsonObject truth);

    protected override TaskOutcome CheckAnswer(string answer, JsonObject truth) =>
        !IsWellFormed(answer, truth) ? TaskOutcome.Unparseable : answer == truth.Answer() ? TaskOutcome.Correct : TaskOutcome.Wrong;

    /// <summary>Whether the task's grammar covers the whole answer.</summary>
    protected abstract bool IsWellFormed(string answer, JsonObject truth);

    /// <summary>Solves <paramref name="truth"/> and adds the answer to it.</summary>
    protected TaskProblem Problem(string prompt, JsonObject truth)
    {
        truth["answer"] = Solve(truth);
        return new TaskProblem(prompt, truth.Answer(), truth);
    }
}
