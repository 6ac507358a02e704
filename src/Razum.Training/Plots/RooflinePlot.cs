using System.Globalization;
using Razum.Tensors.Machine;
using Razum.Training.Speed;
using ScottPlot;
using ScottPlot.TickGenerators;
using Label = ScottPlot.Plottables.Text;

namespace Razum.Training.Plots;

/// <summary>
/// A roofline (Williams, Waterman, Patterson 2009): how many operations are done per byte read against how many per second, both logarithmic. The slope is
/// the read bandwidth, the flat roofs are the peaks of the kinds of products; a measurement stands below its roof by what it leaves unused.
/// </summary>
public sealed class RooflinePlot
{
    private const int Width = 1100;
    private const int Height = 700;
    private const int FontSize = 14;

    private static readonly PixelPadding s_padding = new(85, 20, 60, 50);

    private readonly Plot _plot;
    private readonly BenchmarkReport _report;
    private readonly Products[] _roofs;
    private readonly LabelPlaces _places = new(AreaWidth, AreaHeight);
    private readonly double _left;
    private readonly double _right;
    private readonly double _bottom;
    private readonly double _top;

    private RooflinePlot(Plot plot, BenchmarkReport report)
    {
        (_plot, _report) = (plot, report);
        _roofs = [.. Enum.GetValues<Products>().Where(a => report.Peaks.Of(a) > 0)];
        double[] intensities = [.. report.Measurements.Select(m => m.Intensity), .. _roofs.Select(Ridge)];
        (_left, _right) = (Math.Min(0.5, intensities.Min() / 2), intensities.Max() * 5);
        _top = _roofs.Max(report.Peaks.Of) * 2;
        _bottom = report.Measurements.Select(m => m.OperationsPerSecond).Append(report.Peaks.ReadBandwidth * _left * 2).Min() / 4;
    }

    private static float AreaWidth => Width - s_padding.Left - s_padding.Right;

    private static float AreaHeight => Height - s_padding.Top - s_padding.Bottom;

    /// <summary>Draws the report into a PNG, whole or not at all.</summary>
    public static void Draw(BenchmarkReport report, string path)
    {
        using var plot = new Plot();
        var drawing = new RooflinePlot(plot, report);
        drawing.AddSlope();
        drawing.AddRoofs();
        drawing.AddMeasurements();
        drawing.AddFrame();
        plot.SavePng(path + ".tmp", Width, Height);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Operations per byte from which on the products, not the bandwidth, are the bound.</summary>
    private double Ridge(Products products) => _report.Peaks.Of(products) / _report.Peaks.ReadBandwidth;

    private void AddSlope()
    {
        double bandwidth = _report.Peaks.ReadBandwidth;
        double corner = _roofs.Max(Ridge);
        Line(_left, bandwidth * _left, corner, bandwidth * corner, Colors.Black, LinePattern.Solid);
        double at = _left * 1.3;
        string text = string.Create(CultureInfo.InvariantCulture, $"read bandwidth {bandwidth / 1e9:0.0} GB/s");
        Label label = Write(text, at, bandwidth * at, Alignment.LowerLeft, Colors.Black);
        label.OffsetY = -6;
        label.LabelRotation = (float)(-180 / Math.PI * Math.Atan2(Y(bandwidth) - Y(10 * bandwidth), X(10) - X(1)));
    }

    /// <summary>Every roof from the slope on: those that bound something strong, others pale.</summary>
    private void AddRoofs()
    {
        foreach (Products products in _roofs)
        {
            double peak = _report.Peaks.Of(products);
            bool bounds = _report.Measurements.Any(m => m.Path.Products == products);
            Color color = bounds ? Colors.Black : Colors.Gray;
            Line(Ridge(products), peak, _right, peak, color, bounds ? LinePattern.Solid : LinePattern.Dashed);
            _places.Take(X(Ridge(products)), AreaWidth, Y(peak) - 3, Y(peak) + 3);
            string text = string.Create(CultureInfo.InvariantCulture, $"{products.ToString().ToUpperInvariant()} {peak / 1e9:#,0}");
            Write(text, _right, peak, Alignment.LowerRight, color).OffsetX = -8;
        }
    }

    private void AddMeasurements()
    {
        var palette = new ScottPlot.Palettes.Category10();
        foreach (Measurement measured in _report.Measurements)
        {
            float x = X(measured.Intensity);
            _places.Take(x - 9, x + 9, Y(measured.OperationsPerSecond) - 9, Y(measured.OperationsPerSecond) + 9);
            _places.Take(x - 3, x + 3, Y(Roof(measured)), Y(measured.OperationsPerSecond));
        }

        for (int i = 0; i < _report.Measurements.Count; i++)
        {
            Measurement measured = _report.Measurements[i];
            Color color = palette.GetColor(i);
            (double x, double y) = (measured.Intensity, measured.OperationsPerSecond);
            Line(x, y, x, Roof(measured), color, LinePattern.Dotted);
            _plot.Add.Marker(Math.Log10(x), Math.Log10(y), MarkerShape.FilledCircle, 13, color);
            string rate = measured.TokensPerSecond.Median.ToString(measured.TokensPerSecond.Median >= 100 ? "#,0" : "0.0", CultureInfo.InvariantCulture);
            string bound = measured.Bound == Bound.Compute ? "peak" : "bandwidth";
            string text = string.Create(CultureInfo.InvariantCulture, $"{measured.Name}\n{rate} tokens/s\n{100 * measured.ShareOfBound.Median:0} % of {bound}");
            (Alignment corner, float offsetX, float offsetY) = _places.Find(X(x), Y(y), text);
            Label label = Write(text, x, y, corner, color);
            (label.OffsetX, label.OffsetY) = (offsetX, offsetY);
        }
    }

    private void AddFrame()
    {
        string threads = _report.Peaks.Threads == 1 ? "1 thread" : $"{_report.Peaks.Threads} threads";
        _plot.Title($"{_report.Model}, {_report.Path.Weights} weights, {threads} of {Processor.Name}", 17);
        _plot.XLabel("operations per byte of weights and cache read", 15);
        _plot.YLabel("GFLOP/s (INT8: GOP/s)", 15);
        _plot.Axes.Bottom.TickGenerator = Ticks(1);
        _plot.Axes.Left.TickGenerator = Ticks(1e-9);
        _plot.Axes.SetLimits(Math.Log10(_left), Math.Log10(_right), Math.Log10(_bottom), Math.Log10(_top));
        _plot.Layout.Fixed(s_padding);
        _plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.12);
        _plot.Grid.MinorLineColor = Colors.Black.WithAlpha(0.04);
        _plot.Grid.MinorLineWidth = 1;
        _plot.HideLegend();
    }

    private double Roof(Measurement measured) =>
        Math.Min(_report.Peaks.Of(measured.Path.Products), _report.Peaks.ReadBandwidth * measured.Intensity);

    /// <summary>Pixels from the left edge of the plotted area.</summary>
    private float X(double intensity) => (float)(AreaWidth * Math.Log10(intensity / _left) / Math.Log10(_right / _left));

    /// <summary>Pixels from its upper edge.</summary>
    private float Y(double rate) => (float)(AreaHeight * Math.Log10(_top / rate) / Math.Log10(_top / _bottom));

    private void Line(double x1, double y1, double x2, double y2, Color color, LinePattern pattern)
    {
        ScottPlot.Plottables.LinePlot line = _plot.Add.Line(Math.Log10(x1), Math.Log10(y1), Math.Log10(x2), Math.Log10(y2));
        (line.LineColor, line.LinePattern, line.LineWidth, line.MarkerSize) = (color, pattern, 2, 0);
    }

    private Label Write(string text, double x, double y, Alignment corner, Color color)
    {
        Label label = _plot.Add.Text(text, Math.Log10(x), Math.Log10(y));
        (label.LabelAlignment, label.LabelFontColor, label.LabelFontSize) = (corner, color, FontSize);
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
