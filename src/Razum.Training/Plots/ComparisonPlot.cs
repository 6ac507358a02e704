using ScottPlot;

namespace Razum.Training.Plots;

/// <summary>
/// One figure of several runs, over steps or over another figure: a curve for each, or, where several runs differ in nothing but their seed, their mean with a
/// band from the least to the greatest.
/// </summary>
public static class ComparisonPlot
{
    private const int Width = 900;
    private const int Height = 500;

    /// <summary>Draws into a PNG, whole or not at all.</summary>
    /// <param name="curves">A label, and the <c>metrics.jsonl</c> of the runs behind it.</param>
    /// <param name="field">A field of <c>metrics.jsonl</c>.</param>
    /// <param name="over">The field of the horizontal axis; <c>step</c> is one.</param>
    /// <param name="isLogarithmic">Whether the vertical axis shows powers of ten.</param>
    /// <param name="path">The picture.</param>
    /// <exception cref="InvalidDataException">A run lacks a field, or is not there.</exception>
    public static void Draw(IReadOnlyList<(string Label, IReadOnlyList<string> Runs)> curves, string field, string over, bool isLogarithmic, string path)
    {
        using var plot = new Plot();
        var palette = new ScottPlot.Palettes.Category10();
        for (int i = 0; i < curves.Count; i++)
        {
            RunMetrics.Curve[] runs = [.. curves[i].Runs.Select(r => Read(r, field, over, isLogarithmic))];
            AddMean(plot, curves[i].Label, runs, palette.GetColor(i));
        }

        if (isLogarithmic)
        {
            RunPlots.UseLogarithms(plot);
        }

        plot.XLabel(over);
        plot.Title(field);
        plot.ShowLegend(Edge.Bottom).Legend.Orientation = Orientation.Horizontal;
        plot.SavePng(path + ".tmp", Width, Height);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private static RunMetrics.Curve Read(string file, string field, string over, bool isLogarithmic)
    {
        var metrics = RunMetrics.Read(file);
        RunMetrics.Curve curve = metrics[field];
        if (curve.Steps.Length == 0)
        {
            throw new InvalidDataException($"{file}: no line has {field}");
        }

        double[] values = isLogarithmic ? [.. curve.Values.Select(v => Math.Log10(Math.Max(v, RunPlots.Smallest)))] : curve.Values;
        if (over == "step")
        {
            return new RunMetrics.Curve(curve.Steps, values);
        }

        RunMetrics.Curve axis = metrics[over];
        Dictionary<double, double> places = axis.Steps.Zip(axis.Values).ToDictionary(p => p.First, p => p.Second);
        places.TryAdd(0, 0); // before the first step
        return curve.Steps.All(places.ContainsKey)
            ? new RunMetrics.Curve([.. curve.Steps.Select(s => places[s])], values)
            : throw new InvalidDataException($"{file}: not every line with {field} has {over}");
    }

    /// <summary>The mean at the places that all runs have, by their order: runs of one recipe measure at the same steps.</summary>
    private static void AddMean(Plot plot, string label, RunMetrics.Curve[] runs, Color color)
    {
        int count = runs.Min(r => r.Steps.Length);
        double[] Each(Func<IEnumerable<double>, double> of, Func<RunMetrics.Curve, double[]> values) =>
            [.. Enumerable.Range(0, count).Select(i => of(runs.Select(r => values(r)[i])))];
        double[] places = Each(v => v.Average(), r => r.Steps);
        if (runs.Length > 1)
        {
            var band = plot.Add.FillY(places, Each(v => v.Min(), r => r.Values), Each(v => v.Max(), r => r.Values));
            band.FillColor = color.WithAlpha(0.2);
            band.LineWidth = 0;
        }

        var line = plot.Add.ScatterLine(places, Each(v => v.Average(), r => r.Values), color);
        (line.LineWidth, line.LegendText) = (2, runs.Length > 1 ? $"{label} ({runs.Length} runs)" : label);
    }
}
