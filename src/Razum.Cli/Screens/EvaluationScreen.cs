using System.Globalization;
using Razum.Training.Evals;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>An evaluation: a bar while it runs, then a table on a terminal, Markdown into a pipe or file.</summary>
internal sealed class EvaluationScreen(Terminal terminal)
{
    private ProgressTask? _bar;

    /// <summary>Runs <paramref name="work"/>, which calls <see cref="Show"/> after every prompt.</summary>
    public async Task<EvaluationReport> Run(Func<Task<EvaluationReport>> work)
    {
        if (!terminal.IsInteractive || !terminal.HasColors)
        {
            return await work().ConfigureAwait(false);
        }

        return await terminal.Screen.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(progress =>
            {
                _bar = progress.AddTask("prompts");
                return work();
            }).ConfigureAwait(false);
    }

    /// <summary>So many prompts of all are done.</summary>
    public void Show(int done, int total)
    {
        if (_bar is { } bar)
        {
            bar.MaxValue = total;
            bar.Value = Math.Max(bar.Value, done);
        }
    }

    public void Draw(EvaluationReport report)
    {
        if (!terminal.IsInteractive)
        {
            terminal.Out.Write(report.ToMarkdown());
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumn("family").AddColumn(Right("n")).AddColumn(Right("greedy"));
        if (report.K > 0)
        {
            table.AddColumn(Right("sampled")).AddColumn(Right($"pass@{report.K}"));
        }

        table.AddColumn(Right("tokens"));
        foreach (FamilyResult family in report.Families)
        {
            string[] sampled = report.K > 0 ? [Share(family.Sampled), Share(family.PassAtK)] : [];
            table.AddRow([
                family.Family.EscapeMarkup(),
                family.Prompts.ToString(CultureInfo.InvariantCulture),
                Share(family.Greedy),
                .. sampled,
                family.MeanTokens.ToString("0.0", CultureInfo.InvariantCulture),
            ]);
        }

        terminal.Screen.Write(table);
        terminal.Screen.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"average greedy accuracy [bold]{100 * report.AverageGreedy:0.0} %[/]"));
    }

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();

    private static string Share(Interval? interval) => interval is { } i
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * i.Value:0.0} % [dim]{100 * i.Low:0.0}-{100 * i.High:0.0}[/]")
        : "-";
}
