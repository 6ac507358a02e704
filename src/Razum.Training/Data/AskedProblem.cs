using Razum.Text;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>A problem of a procedural task as a user asks it.</summary>
/// <param name="Task">Judges answers.</param>
/// <param name="Problem">What is asked and what is right.</param>
/// <param name="Text">What the user says.</param>
/// <param name="Key">The same for the same problem however it is worded: the name under which pass rates are kept.</param>
public sealed record AskedProblem(ProceduralTask Task, TaskProblem Problem, string Text, string Key)
{
    /// <summary>The prompt as a conversation, for a chat template.</summary>
    public IReadOnlyList<ChatMessage> Messages => [new ChatMessage("user", Text)];

    /// <summary>The same for verifiers and rewards.</summary>
    public Verifiers.Problem AsProblem() => Verifiers.Problem.Of(Task, Problem, Text);

    /// <summary>Judges what the model wrote; see <see cref="ProceduralTask.Check"/>.</summary>
    public TaskVerdict Check(string prefix, string completion, bool ended) => Task.Check(prefix, completion, ended, Problem.Truth);
}
