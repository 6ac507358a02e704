using System.Text.Json;

namespace Razum.Training.Plots;

/// <summary>The lines of a <c>metrics.jsonl</c> as curves by field name.</summary>
public sealed class RunMetrics
{
    private readonly Dictionary<string, (List<double> Steps, List<double> Values)> _curves = new(StringComparer.Ordinal);
    private readonly List<(double Step, string Stage)> _stages = [];

    /// <summary>The first step of every stage.</summary>
    public IReadOnlyList<(double Step, string Stage)> StageBeginnings => _stages;

    /// <summary>All values of a number field; empty when no line has it.</summary>
    public Curve this[string name] => _curves.TryGetValue(name, out (List<double> Steps, List<double> Values) found)
        ? new Curve([.. found.Steps], [.. found.Values])
        : new Curve([], []);

    /// <exception cref="InvalidDataException">The file is missing or a line is not a step's.</exception>
    public static RunMetrics Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such file");
        }

        var metrics = new RunMetrics();
        int number = 0;
        foreach (string line in ReadShared(path))
        {
            number++;
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                metrics.Add(document.RootElement);
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new InvalidDataException($"{path}: line {number}: not the metrics of a step", fault);
            }
        }

        return metrics;
    }

    // The loop may be writing.
    private static IEnumerable<string> ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private void Add(JsonElement line)
    {
        double step = line.GetProperty("step").GetDouble();
        string stage = line.GetProperty("stage").GetString() ?? "";
        if (_stages.Count == 0 || _stages[^1].Stage != stage)
        {
            _stages.Add((step, stage));
        }

        foreach (JsonProperty property in line.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Number))
        {
            if (!_curves.TryGetValue(property.Name, out (List<double> Steps, List<double> Values) curve))
            {
                _curves[property.Name] = curve = ([], []);
            }

            curve.Steps.Add(step);
            curve.Values.Add(property.Value.GetDouble());
        }
    }

    /// <summary>Values over steps.</summary>
    public readonly record struct Curve(double[] Steps, double[] Values);
}
