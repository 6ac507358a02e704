using System.Globalization;
using Razum.Tensors.Machine;
using Razum.Training.Speed;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>Draws a <see cref="BenchmarkReport"/>: the model, the machine's peaks, a line per measurement. Fits 80 columns.</summary>
internal static class BenchScreen
{
    public static void Draw(IAnsiConsole screen, BenchmarkReport report)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        string parameters = string.Create(
            CultureInfo.InvariantCulture, $"{Millions(report.Parameters)} parameters, {Millions(report.ActiveParameters)} active per token");
        grid.AddRow("[dim]model[/]", $"[bold]{report.Model.EscapeMarkup()}[/], {parameters}");
        grid.AddRow("[dim]weights[/]", $"{report.Path.Weights}, {MachineText.Memory(report.WeightBytes)}, products in {Name(report.Path.Products)}");
        grid.AddRow("[dim]processor[/]", Processor.Name.EscapeMarkup());
        string threads = report.Peaks.Threads == 1 ? "1 thread" : $"{report.Peaks.Threads} threads";
        string peaks = string.Join(", ", Enum.GetValues<Products>().Where(a => report.Peaks.Of(a) > 0)
            .Select(a => $"{Name(a)} {MachineText.Rate(a, report.Peaks.Of(a))}"));
        grid.AddRow($"[dim]peaks of {threads}[/]", $"{peaks}, reading {MachineText.Bandwidth(report.Peaks.ReadBandwidth)}");
        screen.Write(grid);
        screen.Write(Table(report));
        screen.MarkupLine($"[dim]medians and ranges of {report.Rounds} round{(report.Rounds == 1 ? "" : "s")}; bound: peaks measured around each[/]");
        if (report.WeightBytes < Processor.LastLevelCache)
        {
            screen.MarkupLine("[dim]the weights fit the last-level cache: reading memory does not bound this model[/]");
        }

        if (report.WithoutTraining is { } reason)
        {
            screen.MarkupLine($"[dim]no training: {reason.EscapeMarkup()}[/]");
        }
    }

    private static Table Table(BenchmarkReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("")
            .AddColumn(Right("tokens/s")).AddColumn(Right("range")).AddColumn(Right("GFLOP/s")).AddColumn(Right("GB/s")).AddColumn(Right("of bound"));
        foreach (Measurement measured in report.Measurements)
        {
            string bound = measured.Bound == Bound.Bandwidth ? "reading" : Name(measured.Path.Products);
            table.AddRow(
                measured.Name.EscapeMarkup(),
                $"[bold]{Rate(measured.TokensPerSecond.Median)}[/]",
                $"[dim]{Rate(measured.TokensPerSecond.Low)}-{Rate(measured.TokensPerSecond.High)}[/]",
                Number(measured.OperationsPerSecond / 1e9),
                Number(measured.BytesPerSecond / 1e9),
                string.Create(CultureInfo.InvariantCulture, $"{100 * measured.ShareOfBound.Median:0} % [dim]{bound}[/]"));
        }

        return table;
    }

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned().NoWrap();

    private static string Name(Products products) => products.ToString().ToUpperInvariant();

    private static string Rate(double value) => value.ToString(value >= 100 ? "#,0" : "0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value >= 10 ? "#,0" : "0.0", CultureInfo.InvariantCulture);

    private static string Millions(double count) => count >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.00} G")
        : string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.0} M");
}
