using System.Text.Json.Nodes;
using Razum.Text;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers;

/// <summary>One problem to reinforce or to evaluate with, generated or from a data set.</summary>
public sealed record Problem
{
    /// <summary>What the user says, without any chat template.</summary>
    public required string Prompt { get; init; }

    /// <summary>The conversation that ends in the prompt, where there is more to it; null for the prompt alone.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>What a chat template renders.</summary>
    public IReadOnlyList<ChatMessage> Conversation => Messages ?? [new ChatMessage("user", Prompt)];

    /// <summary>A right answer ("gold"), in the form the verifier reads.</summary>
    public required string Answer { get; init; }

    /// <summary>Name of the procedural task that generated it, if one did.</summary>
    public string? Task { get; init; }

    /// <summary>What a checker needs beside the answer: the fields of a procedural task, the tests of a program.</summary>
    public JsonObject? Truth { get; init; }

    /// <summary>Where it is from, for messages and statistics: a task's name, or file and line.</summary>
    public string Source { get; init; } = "";

    /// <summary>A generated problem, asked as <paramref name="prompt"/> (in its own words when null).</summary>
    public static Problem Of(ProceduralTask task, TaskProblem problem, string? prompt = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(problem);
        return new Problem
        {
            Prompt = prompt ?? problem.Prompt,
            Answer = problem.Answer,
            Task = task.Name,
            Truth = problem.Truth,
            Source = task.Name,
        };
    }
}
