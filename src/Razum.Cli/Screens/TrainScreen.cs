using System.Globalization;
using Razum.Training.Loop;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>
/// A training run as it goes: on a terminal one line that changes with every step, above it what happened (held-out losses);
/// into a pipe or file about a hundred plain lines. Reinforcement learning has a <see cref="PolicyDashboard"/>.
/// </summary>
/// <param name="terminal">Where it is drawn.</param>
/// <param name="pricePerCoreHour">What an hour of a processor costs, in whatever currency; null when nobody wants to know.</param>
internal sealed class TrainScreen(Terminal terminal, double? pricePerCoreHour)
{
    private const int PlainLines = 100;
    private const int BarWidth = 24;
    private const double Smoothing = 0.05;

    private readonly PolicyDashboard _dashboard = new(pricePerCoreHour);
    private double? _smoothed;
    private HeldOut? _before;
    private TrainProgress? _last;
    private LiveDisplayContext? _live;

    /// <summary>Runs <paramref name="work"/>, which calls <see cref="Show"/> after every step.</summary>
    public TrainResult Run(Func<TrainResult> work) => terminal.IsInteractive && terminal.HasColors
        ? terminal.Screen.Live(new Markup("preparing")).Start(live =>
        {
            _live = live;
            return work();
        })
        : work();

    /// <summary>Shows how good the model is before a stage of reinforcement learning.</summary>
    public void ShowBefore(HeldOut heldOut)
    {
        _before = heldOut;
        terminal.Screen.WriteLine($"before: {Measured(heldOut)}");
        ShowExample("before", heldOut.Example);
    }

    /// <summary>Shows what is worth seeing once a run has ended: the same problem after reinforcement learning, and the cost.</summary>
    public void ShowEnd()
    {
        if (_last is not { } last)
        {
            return;
        }

        if (last.HeldOut is { Length: not null } after)
        {
            string before = _before is null ? "" : $"before: {Measured(_before)}; ";
            terminal.Screen.WriteLine($"{before}after: {Measured(after)}");
            ShowExample("after", after.Example);
        }

        terminal.Screen.WriteLine($"cost so far: {_dashboard.Cost(last.Cost)}");
    }

    /// <summary>Shows what a step has to report.</summary>
    public void Show(TrainProgress progress)
    {
        _last = progress;
        if (progress.Policy is not null)
        {
            _dashboard.Add(progress);
        }

        _smoothed = _smoothed is { } before ? before + (Smoothing * (progress.Loss - before)) : progress.Loss;
        if (_live is not null)
        {
            if (progress.HeldOut is { } measured)
            {
                terminal.Screen.WriteLine($"{progress.Stage} step {progress.Step}/{progress.Steps}  {Measured(measured)}");
            }

            if (progress.Policy is null && progress.Warning is { } warning)
            {
                terminal.Screen.WriteLine($"{progress.Stage} step {progress.Step}/{progress.Steps}  WARNING: {warning}");
            }

            _live.UpdateTarget(progress.Policy is null ? Moving(progress) : _dashboard.Draw(progress, Moving(progress), terminal.Screen.Profile.Width));
        }
        else if (progress.Step % Math.Max(1, progress.Steps / PlainLines) == 0 || progress.Step == progress.Steps || progress.HeldOut is not null || progress.Warning is not null)
        {
            terminal.Screen.WriteLine(Line(progress));
        }
    }

    private Markup Moving(TrainProgress progress)
    {
        int full = (int)((long)BarWidth * progress.Step / progress.Steps);
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{progress.Stage.EscapeMarkup()}[/] [teal]{new string('━', full)}[/][dim]{new string('━', BarWidth - full)}[/] {progress.Step}/{progress.Steps}  {(progress.Policy is null ? string.Create(CultureInfo.InvariantCulture, $"loss [bold]{_smoothed:F4}[/]{Pairs(progress)}  ") : "")}{Speed(progress)}"))
        {
            Overflow = Overflow.Ellipsis,
        };
    }

    private void ShowExample(string title, PolicyExample? example)
    {
        if (example is null)
        {
            return;
        }

        if (_live is null && !terminal.HasColors)
        {
            terminal.Screen.WriteLine($"  {example.Prompt}  ->  {example.Text}  (reward {example.Reward.ToString(CultureInfo.InvariantCulture)})");
            return;
        }

        terminal.Screen.Write(PolicyDashboard.Example(title, example));
    }

    private static string Measured(HeldOut heldOut) =>
        heldOut.Length is { } length ? string.Create(CultureInfo.InvariantCulture, $"held-out {heldOut.Accuracy:P1} right, {length:0.0} tokens")
        : heldOut.Margin is { } margin ? string.Create(CultureInfo.InvariantCulture, $"held-out {heldOut.Loss:F4}, {heldOut.Accuracy:P1} in order, margin {margin:0.000}")
        : string.Create(CultureInfo.InvariantCulture, $"held-out {heldOut.Loss:F4}");

    private static string Line(TrainProgress progress)
    {
        string heldOut = progress.HeldOut is { } measured ? $"  {Measured(measured)}" : "";
        string what = progress.Policy is { } policy
            ? PolicyDashboard.Line(policy)
            : string.Create(CultureInfo.InvariantCulture, $"loss {progress.Loss:F4}{Pairs(progress)}");
        string warning = progress.Warning is { } text ? $"  WARNING: {text}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{progress.Stage} step {progress.Step}/{progress.Steps}  {what}{heldOut}  {Speed(progress)}{warning}");
    }

    /// <summary>What a stage of preference shows beside its loss.</summary>
    private static string Pairs(TrainProgress progress) => progress.Preference is { } pairs
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"  in order {pairs.Accuracy:P1}  margin {pairs.Margin:0.000} ({pairs.ChosenReward:0.000} / {pairs.RejectedReward:0.000})  log p {pairs.ChosenLogProb:0.0} / {pairs.RejectedLogProb:0.0}")
        : "";

    private static string Speed(TrainProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.TokensPerSecond:N0} tokens/s  {progress.Utilisation:P0} of peak  {Duration(progress.TimeLeft)} left");

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
