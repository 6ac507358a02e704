using System.Globalization;
using Razum.Training.Loop;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Razum.Cli.Screens;

/// <summary>
/// A stage of reinforcement learning as it goes: reward and length of the answers over the steps, what tells health from sickness, what it costs, and an
/// answer to look at.
/// </summary>
internal sealed class PolicyDashboard(double? pricePerCoreHour)
{
    private const int ChartHeight = 6;
    private const int LongestExample = 240;

    private readonly List<double> _rewards = [];
    private readonly List<double> _lengths = [];
    private string _stage = "";

    /// <summary>Takes note of a step.</summary>
    public void Add(TrainProgress progress)
    {
        if (progress.Stage != _stage)
        {
            _stage = progress.Stage;
            _rewards.Clear();
            _lengths.Clear();
        }

        _rewards.Add(progress.Policy!.Reward);
        _lengths.Add(progress.Policy.Length);
    }

    /// <summary>The picture after the newest step.</summary>
    public IRenderable Draw(TrainProgress progress, Markup head, int width)
    {
        PolicyProgress policy = progress.Policy!;
        int columns = Math.Clamp((width - 16) / 2, 10, 60);
        double rewardTop = Math.Max(1, BlockChart.RoundUp(_rewards.Max()));
        IReadOnlyList<string> rewards = BlockChart.Draw(_rewards, progress.Steps, columns, ChartHeight, rewardTop, "0.0");
        IReadOnlyList<string> lengths = BlockChart.Draw(_lengths, progress.Steps, columns, ChartHeight, BlockChart.RoundUp(Math.Max(1, _lengths.Max())), "0");
        Grid charts = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap());
        charts.AddRow(new Markup(Text($"[bold]reward[/] {policy.Reward:0.000}")), new Markup(Text($"[bold]tokens of an answer[/] {policy.Length:0.0}")));
        charts.AddRow(new Spectre.Console.Text(string.Join('\n', rewards), new Style(Color.Teal)), new Spectre.Console.Text(string.Join('\n', lengths), new Style(Color.Olive)));
        List<IRenderable> rows = [head, charts, new Markup(Health(policy)), new Markup(Work(progress, policy))];
        if (progress.Warning is { } warning)
        {
            rows.Add(new Markup($"[yellow]{warning.EscapeMarkup()}[/]"));
        }

        if (policy.Example is { } example)
        {
            rows.Add(Example("an answer of this step", example));
        }

        return new Rows(rows);
    }

    /// <summary>A problem, what the model wrote, what it earned.</summary>
    public static IRenderable Example(string title, PolicyExample example)
    {
        string text = example.Text.Length <= LongestExample ? example.Text : example.Text[..LongestExample] + "…";
        return new Panel(new Markup($"[dim]{example.Prompt.EscapeMarkup()}[/]\n{text.EscapeMarkup()}"))
            .Header(Text($" {title}: {example.Tokens} tokens, reward {example.Reward:0.##} "))
            .BorderColor(Color.Grey);
    }

    /// <summary>One line for a pipe or file.</summary>
    public static string Line(PolicyProgress policy) => Text(
        $"reward {policy.Reward:0.000}  length {policy.Length:0.0}  right {policy.Accuracy:P1}  cut off {policy.Truncated:P0}  no variance {policy.ZeroVariance:P0}  mismatch {policy.Mismatch}");

    /// <summary>What a run has cost.</summary>
    public string Cost(Cost cost)
    {
        string price = pricePerCoreHour is { } each ? Text($"  price {cost.CoreHours * each:0.0000}") : "";
        return Text($"{cost.CoreHours:0.0000} core-hours  {cost.Flops / 1e12:0.0} TFLOP{price}");
    }

    private static string Health(PolicyProgress policy)
    {
        string kl = policy.Objective?.ReferenceKl is { } reference ? Text($"  KL to reference {reference:0.0000}") : "";
        string objective = policy.Objective is { } o ? Text($"  entropy {o.Entropy:0.000}{kl}  clipped {o.ClipLow + o.ClipHigh:P1}") : "";
        return Text(
            $"right {policy.Accuracy:P1}  cut off {policy.Truncated:P1}  in a loop {policy.Looping:P0}  no variance {policy.ZeroVariance:P0}{objective}  moved {policy.StepKl:0.0000} nats a token  mismatch {policy.Mismatch} of {policy.Compared:N0}");
    }

    private string Work(TrainProgress progress, PolicyProgress policy) => Text(
        $"[dim]sampling {policy.SamplingSeconds:0.00} s at {policy.SampledTokensPerSecond:N0} tokens/s, learning {policy.UpdateSeconds:0.00} s  ·  {Cost(progress.Cost)}[/]");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
