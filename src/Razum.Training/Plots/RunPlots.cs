using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Razum.Training.Plots;

/// <summary>
/// Pictures of a run, drawn from its <c>metrics.jsonl</c>: loss, learning rate, gradient norm, tokens per second, balance of experts. One PNG each.
/// </summary>
public static class RunPlots
{
    private const int Width = 900;
    private const int Height = 500;

    /// <summary>The longest memory of a running mean, in steps; a short run has a shorter one, of a tenth of its steps.</summary>
    private const int LongestMemory = 20;

    /// <summary>What a logarithmic axis shows of values that have none.</summary>
    internal const double Smallest = 1e-6;

    /// <summary>Draws what <paramref name="metrics"/> holds into <paramref name="folder"/>; figures that no line has are left out.</summary>
    /// <returns>The files written.</returns>
    public static IReadOnlyList<string> Draw(string metrics, string folder)
    {
        RunMetrics run = RunMetrics.Read(metrics);
        Directory.CreateDirectory(folder);
        List<string> files = [];
        Add("loss", "loss, nats", true, ("step", run["main"], true), ("pairs", run["preference.loss"], true), ("prediction layer", run["mtp"], true), ("held out", run["held_out_loss"], false));
        Add("learning_rate", "learning rate", false, ("rate", run["lr"], false));
        Add("gradient_norm", "gradient norm before clipping", false, ("norm", run["grad_norm"], true));
        Add("reward", "reward of the answers", false, ("reward", run["reward"], true));
        (string accuracy, string heldOut) = run["preference.accuracy"].Steps.Length > 0 ? ("accuracy", "held out") : ("answers that are right", "held out, greedy");
        Add(
            "accuracy", accuracy, false,
            ("sampled", run["accuracy"], true), ("pairs in order", run["preference.accuracy"], true), (heldOut, run["held_out_accuracy"], false));
        Add("length", "tokens of an answer", false, ("sampled", run["length"], true), ("held out, greedy", run["held_out_length"], false));
        Add(
            "margin", "implied rewards of a pair", false,
            ("chosen", run["preference.reward_chosen"], true), ("rejected", run["preference.reward_rejected"], true), ("margin", run["preference.margin"], true));
        Add("entropy", "entropy of the policy, nats", false, ("entropy", run["entropy"], true));
        Add("tokens_per_second", "tokens per second", false, ("rate", run["tokens_per_second"], true));
        Add("expert_load", "largest excess of an expert's load, (max - mean) / mean", false, ("excess", run["max_violation"], true));
        return files;

        void Add(string name, string title, bool isLogarithmic, params ReadOnlySpan<(string Label, RunMetrics.Curve Curve, bool Smooth)> curves)
        {
            using var plot = new Plot();
            if (isLogarithmic)
            {
                UseLogarithms(plot);
            }

            bool any = false;
            foreach ((string label, RunMetrics.Curve curve, bool smooth) in curves)
            {
                any |= curve.Steps.Length > 0;
                AddCurve(plot, label, curve, smooth, isLogarithmic);
            }

            if (!any)
            {
                return;
            }

            foreach ((double step, string stage) in run.StageBeginnings.Skip(1))
            {
                plot.Add.VerticalLine(step, 1, Colors.Gray, LinePattern.Dashed).LegendText = stage;
            }

            plot.Title(title);
            plot.XLabel("step");
            plot.ShowLegend(name is "reward" or "accuracy" or "length" ? Alignment.LowerRight : Alignment.UpperRight); // where the curve is not
            string file = Path.Combine(folder, name + ".png");
            plot.SavePng(file + ".tmp", Width, Height);
            File.Move(file + ".tmp", file, overwrite: true);
            files.Add(file);
        }
    }

    private static void AddCurve(Plot plot, string label, RunMetrics.Curve curve, bool smooth, bool isLogarithmic)
    {
        if (curve.Steps.Length == 0)
        {
            return;
        }

        var line = plot.Add.ScatterLine(curve.Steps, Shown(curve.Values));
        line.LegendText = label;
        if (!smooth)
        {
            line.LineWidth = 2;
            return;
        }

        // Noisy: the values pale, their running mean on top.
        Color color = line.Color;
        line.LegendText = "";
        line.Color = color.WithAlpha(0.25);
        var mean = plot.Add.ScatterLine(curve.Steps, Shown(Smooth(curve.Values)));
        (mean.Color, mean.LineWidth, mean.LegendText) = (color, 2, label);

        double[] Shown(double[] values) => isLogarithmic ? [.. values.Select(v => Math.Log10(Math.Max(v, Smallest)))] : values;
    }

    /// <summary>The values on the vertical axis are logarithms; marks at 1, 2 and 5 of every power of ten.</summary>
    internal static void UseLogarithms(Plot plot)
    {
        NumericManual ticks = new();
        for (int power = -6; power < 4; power++)
        {
            foreach (int digit in (ReadOnlySpan<int>)[1, 2, 5])
            {
                double value = digit * Math.Pow(10, power);
                ticks.AddMajor(Math.Log10(value), value.ToString("G3", CultureInfo.InvariantCulture));
            }
        }

        plot.Axes.Left.TickGenerator = ticks;
    }

    /// <summary>Exponential running mean, corrected for its beginning.</summary>
    private static double[] Smooth(double[] values)
    {
        double[] smooth = new double[values.Length];
        double kept = 1 - (1.0 / Math.Clamp(values.Length / 10, 1, LongestMemory));
        (double sum, double weight) = (0, 0);
        for (int i = 0; i < values.Length; i++)
        {
            sum = (kept * sum) + values[i];
            weight = (kept * weight) + 1;
            smooth[i] = sum / weight;
        }

        return smooth;
    }
}
