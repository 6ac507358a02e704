using System.Text.Json.Nodes;

namespace Razum.Tests.Training.Tasks;

/// <summary>Reads the golden group <c>train/tasks</c>: one folder per task with scored completions and sample problems.</summary>
internal static class TaskCase
{
    public static IEnumerable<TheoryDataRow<string>> Names() => Goldens.Cases("train/tasks").Select(f => new TheoryDataRow<string>(Path.GetFileName(f)));

    /// <summary>rows.json: prompt, completion, ended, prefix, truth, score, outcome, extracted.</summary>
    public static IEnumerable<JsonObject> Rows(string name) => Read(name, "rows.json");

    /// <summary>samples.json: prompt, trace, truth.</summary>
    public static IEnumerable<JsonObject> Samples(string name) => Read(name, "samples.json");

    private static IEnumerable<JsonObject> Read(string name, string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Root, "train", "tasks", name, file)))!.AsArray().Select(n => n!.AsObject());
}
