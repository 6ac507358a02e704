using System.Globalization;
using Razum.Training.Loop;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>
/// A training run as it goes: on a terminal one line that changes with every step, above it what happened (held-out losses);
/// into a pipe or file about a hundred plain lines.
/// </summary>
internal sealed class TrainScreen(Terminal terminal)
{
    private const int PlainLines = 100;
    private const int BarWidth = 24;
    private const double Smoothing = 0.05;

    private double? _smoothed;
    private LiveDisplayContext? _live;

    /// <summary>Runs <paramref name="work"/>, which calls <see cref="Show"/> after every step.</summary>
    public TrainResult Run(Func<TrainResult> work) => terminal.IsInteractive && terminal.HasColors
        ? terminal.Screen.Live(new Markup("preparing")).Start(live =>
        {
            _live = live;
            return work();
        })
        : work();

    /// <summary>Shows what a step has to report.</summary>
    public void Show(TrainProgress progress)
    {
        _smoothed = _smoothed is { } before ? before + (Smoothing * (progress.Loss - before)) : progress.Loss;
        if (_live is not null)
        {
            if (progress.HeldOut is not null)
            {
                terminal.Screen.WriteLine(Line(progress));
            }

            _live.UpdateTarget(Moving(progress));
        }
        else if (progress.Step % Math.Max(1, progress.Steps / PlainLines) == 0 || progress.Step == progress.Steps || progress.HeldOut is not null)
        {
            terminal.Screen.WriteLine(Line(progress));
        }
    }

    private Markup Moving(TrainProgress progress)
    {
        int full = (int)((long)BarWidth * progress.Step / progress.Steps);
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{progress.Stage.EscapeMarkup()}[/] [teal]{new string('━', full)}[/][dim]{new string('━', BarWidth - full)}[/] {progress.Step}/{progress.Steps}  loss [bold]{_smoothed:F4}[/]  {Speed(progress)}"))
        {
            Overflow = Overflow.Ellipsis,
        };
    }

    private static string Line(TrainProgress progress)
    {
        string heldOut = progress.HeldOut?.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $"  held-out {loss:F4}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Stage} step {progress.Step}/{progress.Steps}  loss {progress.Loss:F4}{heldOut}  {Speed(progress)}");
    }

    private static string Speed(TrainProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.TokensPerSecond:N0} tokens/s  {progress.Utilisation:P0} of peak  {Duration(progress.TimeLeft)} left");

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
