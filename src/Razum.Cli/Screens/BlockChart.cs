using System.Globalization;
using System.Text;

namespace Razum.Cli.Screens;

/// <summary>A curve in characters: columns of eighth blocks from 0 up, the axis at the left.</summary>
internal static class BlockChart
{
    private const string Eighths = " ▁▂▃▄▅▆▇█";

    /// <summary>Lines of text, the topmost first. A column shows the mean of its share of the values, or the one value that falls on it.</summary>
    /// <param name="values">The curve so far, in order; may be empty.</param>
    /// <param name="total">How many values there will be; all of them will fill the width.</param>
    /// <param name="width">Columns of the curve itself.</param>
    /// <param name="height">Lines.</param>
    /// <param name="top">What the highest line's upper edge stands for; above 0.</param>
    /// <param name="format">How the axis writes its two numbers.</param>
    public static IReadOnlyList<string> Draw(IReadOnlyList<double> values, int total, int width, int height, double top, string format)
    {
        string high = top.ToString(format, CultureInfo.InvariantCulture);
        string low = 0.0.ToString(format, CultureInfo.InvariantCulture);
        int margin = Math.Max(high.Length, low.Length);
        int columns = values.Count == 0 ? 0 : Math.Max(1, (int)((long)width * values.Count / Math.Max(total, values.Count)));
        string[] lines = new string[height];
        for (int line = 0; line < height; line++)
        {
            string label = line == 0 ? high : line == height - 1 ? low : "";
            StringBuilder text = new StringBuilder().Append(label.PadLeft(margin)).Append('┤');
            int floor = 8 * (height - 1 - line);
            for (int c = 0; c < columns; c++)
            {
                int level = (int)Math.Round(8 * height * Math.Clamp(Mean(values, c, columns) / top, 0, 1));
                text.Append(Eighths[Math.Clamp(level - floor, 0, 8)]);
            }

            lines[line] = text.Append(' ', width - columns).ToString();
        }

        return lines;
    }

    /// <summary>The least of 1, 2, 5, 10, 20, ... that is not below <paramref name="value"/>.</summary>
    public static double RoundUp(double value)
    {
        double power = 1;
        while (true)
        {
            foreach (int digit in (ReadOnlySpan<int>)[1, 2, 5])
            {
                if (digit * power >= value)
                {
                    return digit * power;
                }
            }

            power *= 10;
        }
    }

    private static double Mean(IReadOnlyList<double> values, int column, int columns)
    {
        int from = (int)((long)column * values.Count / columns);
        int to = Math.Max(from + 1, (int)((column + 1L) * values.Count / columns));
        double sum = 0;
        for (int i = from; i < to; i++)
        {
            sum += values[i];
        }

        return sum / (to - from);
    }
}
