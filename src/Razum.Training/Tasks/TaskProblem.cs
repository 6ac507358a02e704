using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>One problem: what the model is asked, one right answer, and the fields the checker needs to judge any answer.</summary>
/// <param name="Prompt">The question, without any chat template.</param>
/// <param name="Answer">A right answer, as it belongs between the answer tags.</param>
/// <param name="Truth">What <see cref="ProceduralTask.Check"/> reads; survives a round trip through a JSON file.</param>
public sealed record TaskProblem(string Prompt, string Answer, JsonObject Truth);
