using System.Globalization;
using Razum.Tensors.Machine;
using Razum.Training.Speed;
using ScottPlot;
using ScottPlot.TickGenerators;
using Label = ScottPlot.Plottables.Text;

namespace Razum.Training.Plots;

/// <summary>
/// A roofline (Williams, Waterman, Patterson 2009): how many operations are done per byte read against how many per second, both logarithmic. The slope is
/// the read bandwidth, the flat roofs are the peaks of the arithmetics; a measurement stands below its roof by what it leaves unused.
/// </summary>
public static class RooflinePlot
{
    private const int Width = 1100;
    private const int Height = 700;

    /// <summary>Draws the report into a PNG, whole or not at all.</summary>
    public static void Draw(BenchmarkReport report, string path)
    {
        using var plot = new Plot();
        MachinePeaks peaks = report.Peaks;
        Arithmetic[] roofs = [.. Enum.GetValues<Arithmetic>().Where(a => peaks.Of(a) > 0)];
        double[] intensities = [.. report.Measurements.Select(m => m.Intensity), .. roofs.Select(a => Ridge(peaks, a))];
        (double left, double right) = (Math.Min(0.5, intensities.Min() / 2), intensities.Max() * 6);
        double top = roofs.Max(peaks.Of) * 2;
        double bottom = Math.Min(peaks.ReadBandwidth * left, report.Measurements.Select(m => m.OperationsPerSecond).Append(top).Min()) / 2.5;
        AddRoofs(plot, report, roofs, left, right);
        AddMeasurements(plot, report, Math.Sqrt(left * right));
        plot.Title(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Model}, {report.Path.Weights} weights, {peaks.Threads} thread{(peaks.Threads == 1 ? "" : "s")} of {Processor.Name}"), 17);
        plot.XLabel("operations per byte of weights and cache read", 15);
        plot.YLabel("GFLOP/s (INT8: GOP/s)", 15);
        plot.Axes.Bottom.TickGenerator = Ticks(1);
        plot.Axes.Left.TickGenerator = Ticks(1e-9);
        plot.Axes.SetLimits(Math.Log10(left), Math.Log10(right), Math.Log10(bottom), Math.Log10(top));
        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.12);
        plot.Grid.MinorLineColor = Colors.Black.WithAlpha(0.04);
        plot.Grid.MinorLineWidth = 1;
        plot.HideLegend();
        plot.SavePng(path + ".tmp", Width, Height);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private static double Ridge(MachinePeaks peaks, Arithmetic arithmetic) => peaks.Of(arithmetic) / peaks.ReadBandwidth;

    /// <summary>The slope up to the highest roof, and every roof from the slope on: those that bound something strong, others pale.</summary>
    private static void AddRoofs(Plot plot, BenchmarkReport report, Arithmetic[] roofs, double left, double right)
    {
        MachinePeaks peaks = report.Peaks;
        double corner = roofs.Max(a => Ridge(peaks, a));
        Line(plot, left, peaks.ReadBandwidth * left, corner, peaks.ReadBandwidth * corner, Colors.Black, LinePattern.Solid);
        double at = left * 1.3;
        string bandwidth = string.Create(CultureInfo.InvariantCulture, $"read bandwidth {peaks.ReadBandwidth / 1e9:0.0} GB/s");
        Label slope = Write(plot, bandwidth, at, peaks.ReadBandwidth * at, Alignment.LowerLeft, Colors.Black);
        (slope.OffsetX, slope.OffsetY) = (-6, -14);
        foreach (Arithmetic arithmetic in roofs)
        {
            double peak = peaks.Of(arithmetic);
            bool bounds = report.Measurements.Any(m => m.Path.Products == arithmetic);
            Color color = bounds ? Colors.Black : Colors.Gray;
            Line(plot, Ridge(peaks, arithmetic), peak, right, peak, color, bounds ? LinePattern.Solid : LinePattern.Dashed);
            string text = string.Create(CultureInfo.InvariantCulture, $"{arithmetic.ToString().ToUpperInvariant()} {peak / 1e9:#,0}");
            Write(plot, text, right, peak, Alignment.LowerRight, color).OffsetX = -8;
        }
    }

    private static void AddMeasurements(Plot plot, BenchmarkReport report, double middle)
    {
        var palette = new ScottPlot.Palettes.Category10();
        for (int i = 0; i < report.Measurements.Count; i++)
        {
            Measurement measured = report.Measurements[i];
            Color color = palette.GetColor(i);
            (double x, double y) = (measured.Intensity, measured.OperationsPerSecond);
            double roof = Math.Min(report.Peaks.Of(measured.Path.Products), report.Peaks.ReadBandwidth * x);
            Line(plot, x, y, x, roof, color, LinePattern.Dotted);
            plot.Add.Marker(Math.Log10(x), Math.Log10(y), MarkerShape.FilledCircle, 13, color);
            string text = string.Create(
                CultureInfo.InvariantCulture,
                $"{measured.Name}\n{measured.TokensPerSecond.Median:#,0.#} tokens/s\n{measured.ShareOfBound.Median:0%} of {(measured.Bound == Bound.Compute ? "peak" : "bandwidth")}");
            bool toTheLeft = x > middle && measured.Bound == Bound.Compute;
            Label label = Write(plot, text, x, y, toTheLeft ? Alignment.UpperRight : Alignment.UpperLeft, color);
            (label.OffsetX, label.OffsetY) = (toTheLeft ? -10 : 10, 2);
        }
    }

    private static void Line(Plot plot, double x1, double y1, double x2, double y2, Color color, LinePattern pattern)
    {
        var line = plot.Add.Line(Math.Log10(x1), Math.Log10(y1), Math.Log10(x2), Math.Log10(y2));
        (line.LineColor, line.LinePattern, line.LineWidth) = (color, pattern, 2);
        line.MarkerSize = 0;
    }

    private static Label Write(Plot plot, string text, double x, double y, Alignment alignment, Color color)
    {
        Label label = plot.Add.Text(text, Math.Log10(x), Math.Log10(y));
        (label.LabelAlignment, label.LabelFontColor, label.LabelFontSize) = (alignment, color, 14);
        return label;
    }

    /// <summary>Ticks at powers of ten of values that are drawn as their logarithms.</summary>
    private static NumericAutomatic Ticks(double unit) => new()
    {
        MinorTickGenerator = new LogMinorTickGenerator(),
        IntegerTicksOnly = true,
        LabelFormatter = exponent => (Math.Pow(10, exponent) * unit).ToString("#,0.####", CultureInfo.InvariantCulture),
    };
}
