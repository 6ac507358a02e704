using System.Globalization;
using Razum.Training.Evals;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>An evaluation: a bar while it runs, then a table on a terminal, Markdown into a pipe or file.</summary>
internal sealed class EvaluationScreen(Terminal terminal)
{
    private ProgressTask? _bar;

    /// <summary>Runs <paramref name="work"/>, which calls <see cref="Show"/> after every prompt.</summary>
    public async Task<T> Run<T>(Func<Task<T>> work)
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

        (string Name, Func<FamilyResult, Interval?> Of)[] columns = [.. report.Columns()];
        Table table = new Table().Border(TableBorder.Simple).AddColumn("family").AddColumn(Right("n"));
        foreach ((string name, _) in columns)
        {
            table.AddColumn(Right(name));
        }

        table.AddColumn(Right("tokens"));
        foreach (FamilyResult family in report.Families)
        {
            table.AddRow([
                family.Family.EscapeMarkup(),
                family.Prompts.ToString(CultureInfo.InvariantCulture),
                .. columns.Select(c => Share(c.Of(family))),
                family.MeanTokens.ToString("0.0", CultureInfo.InvariantCulture),
            ]);
        }

        terminal.Screen.Write(table);
        string mean = string.Create(CultureInfo.InvariantCulture, $"average greedy accuracy [bold]{100 * report.AverageGreedy:0.0} %[/]");
        terminal.Screen.MarkupLine($"{report.Model.EscapeMarkup()}: {mean}");
    }

    /// <summary>Two models on the same prompts.</summary>
    public void Draw(EvaluationComparison comparison)
    {
        if (!terminal.IsInteractive)
        {
            terminal.Out.Write("\n" + comparison.ToMarkdown());
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).AddColumn("family").AddColumn(Right("n"));
        table.AddColumn(Right(comparison.First.EscapeMarkup())).AddColumn(Right(comparison.Second.EscapeMarkup()));
        table.AddColumn(Right("only first")).AddColumn(Right("only second")).AddColumn(Right("p")).AddColumn(Right("pass@1, difference")).AddColumn(Right("p"));
        foreach (FamilyComparison family in comparison.Families)
        {
            table.AddRow(
                family.Family.EscapeMarkup(),
                family.Prompts.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{100 * family.First:0.0} %"),
                string.Create(CultureInfo.InvariantCulture, $"{100 * family.Second:0.0} %"),
                family.OnlyFirst.ToString(CultureInfo.InvariantCulture),
                family.OnlySecond.ToString(CultureInfo.InvariantCulture),
                Chance(family.P),
                Share(family.Sampled),
                family.SampledP is { } p ? Chance(p) : "-");
        }

        terminal.Screen.Write(table);
    }

    private static string Chance(double p) => EvaluationComparison.Chance(p);

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();

    private static string Share(Interval? interval) => interval is { } i
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * i.Value:0.0} % [dim]{100 * i.Low:0.0}-{100 * i.High:0.0}[/]")
        : "-";
}
