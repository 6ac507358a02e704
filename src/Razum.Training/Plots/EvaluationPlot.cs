using System.Globalization;
using Razum.Training.Evals;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Razum.Training.Plots;

/// <summary>
/// Accuracy of every family and of their mean, a row each, as points with 95 % intervals: of one model all that was measured, of two models the greedy
/// accuracies.
/// </summary>
public static class EvaluationPlot
{
    private const int Width = 900;
    private const int Margin = 130; // above and below the rows
    private const int LineHeight = 13;
    private const int Gap = 16; // between rows

    /// <summary>Draws the report, beside <paramref name="against"/> if there is one, into a PNG, whole or not at all.</summary>
    public static void Draw(EvaluationReport report, EvaluationReport? against, string path)
    {
        List<Series> series = against is null
            ? [.. report.Columns().Select(c => new Series(c.Name, report, c.Of))]
            : [new Series(report.Model, report, f => f.Greedy), new Series(against.Model, against, f => f.Greedy)];
        string[] rows = [.. report.Families.Select(f => $"{f.Family} ({f.Prompts})"), .. report.Families.Count > 1 ? ["average"] : Array.Empty<string>()];
        double rowHeight = (series.Count * LineHeight) + Gap;
        using var plot = new Plot();
        for (int row = 0; row < rows.Length; row++)
        {
            if (row % 2 == 1)
            {
                var band = plot.Add.VerticalSpan(-(row * rowHeight) - (rowHeight / 2), -(row * rowHeight) + (rowHeight / 2), Colors.Black.WithAlpha(0.05));
                band.LineStyle.Width = 0;
            }
        }

        for (int i = 0; i < series.Count; i++)
        {
            AddSeries(plot, series[i], new ScottPlot.Palettes.Category10().GetColor(i), i, series.Count, rowHeight);
        }

        plot.Title(against is null ? $"{report.Model}: accuracy, 95 % intervals" : $"{report.Model} and {against.Model}: greedy accuracy, 95 % intervals", 17);
        plot.Axes.Left.TickGenerator = new NumericManual([.. rows.Select((_, i) => -i * rowHeight)], rows);
        plot.Axes.Left.TickLabelStyle.FontSize = 14;
        plot.Axes.Left.MajorTickStyle.Length = 0;
        double left = Math.Floor(10 * series.SelectMany(s => s.Values).OfType<Interval>().Min(v => v.Low)) * 10;
        int[] ticks = [.. Enumerable.Range(0, 21).Select(i => i * 5).Where(t => t >= left && (left >= 50 || t % 10 == 0))];
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            [.. ticks.Select(t => (double)t)], [.. ticks.Select(t => t.ToString(CultureInfo.InvariantCulture) + " %")]);
        double space = (100 - left) / 50;
        plot.Axes.SetLimits(left - space, 100 + space, -((rows.Length - 0.5) * rowHeight), rowHeight / 2);
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.ShowLegend(Edge.Bottom).Legend.Orientation = Orientation.Horizontal;
        plot.SavePng(path + ".tmp", Width, Margin + (int)(rows.Length * rowHeight));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private static void AddSeries(Plot plot, Series series, Color color, int place, int count, double rowHeight)
    {
        IReadOnlyList<Interval?> values = series.Values;
        bool isNamed = false;
        for (int row = 0; row < values.Count; row++)
        {
            if (values[row] is not { } value)
            {
                continue;
            }

            double y = -(row * rowHeight) - ((place - ((count - 1) / 2.0)) * LineHeight);
            var line = plot.Add.Line(100 * value.Low, y, 100 * value.High, y);
            (line.LineColor, line.LineWidth, line.MarkerSize) = (color, 3, 0);
            var marker = plot.Add.Marker(100 * value.Value, y, MarkerShape.FilledCircle, 9, color);
            marker.LegendText = isNamed ? "" : series.Name;
            isNamed = true;
        }
    }

    /// <summary>One colour of the picture.</summary>
    private sealed record Series(string Name, EvaluationReport Report, Func<FamilyResult, Interval?> Of)
    {
        /// <summary>A value for each row; null where it was not measured.</summary>
        public IReadOnlyList<Interval?> Values { get; } =
            [.. Report.Families.Select(Of), .. Report.Families.Count > 1 ? [Report.Average(Of)] : Array.Empty<Interval?>()];
    }
}
