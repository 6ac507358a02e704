using System.Globalization;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>Draws a <see cref="ModelReport"/>: a table of properties, then the tensors, layers and experts of the same shapes on one line.</summary>
internal static class ReportScreen
{
    public static void Draw(IAnsiConsole screen, ModelReport report)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        grid.AddRow(Label("folder"), report.Folder.EscapeMarkup());
        foreach ((string name, string value) in report.Architecture())
        {
            grid.AddRow(Label(name), value.EscapeMarkup());
        }

        grid.AddRow(Label("parameters"), $"{Count(report.Total)}, {Count(report.Active)} active per token");
        if (report.Extra > 0)
        {
            grid.AddRow(Label("multi-token prediction"), $"{Count(report.Extra)} more parameters");
        }

        grid.AddRow(Label("tokenizer"), report.Tokenizer is { } tokenizer ? $"{Count(tokenizer.VocabSize)} tokens" : "none");
        string special = string.Join(' ', report.SpecialTokens().Take(16).Select(t => t.Token));
        if (special.Length > 0)
        {
            grid.AddRow(Label("special tokens"), special.EscapeMarkup());
        }

        screen.Write(grid);
        screen.WriteLine();
        screen.Write(Table(report));
    }

    private static Table Table(ModelReport report)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("tensor").AddColumn("dtype").AddColumn("shape").AddColumn(new TableColumn("count").RightAligned());
        foreach (TensorFamily family in TensorFamily.Group(report.Tensors))
        {
            table.AddRow(
                family.Name.EscapeMarkup(),
                family.Type,
                family.Shape.Length > 0 ? family.Shape.Replace(",", " x ", StringComparison.Ordinal) : "scalar",
                Count(family.Count));
        }

        return table;
    }

    private static string Label(string name) => $"[dim]{name.EscapeMarkup()}[/]";

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
