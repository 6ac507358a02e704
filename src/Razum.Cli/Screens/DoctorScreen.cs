using System.Globalization;
using Razum.Tensors;
using Razum.Tensors.Jit;
using Razum.Tensors.Machine;
using Razum.Tensors.SelfTest;
using Razum.Tensors.Simd;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>Draws a <see cref="DoctorReport"/>: the processor, its kernels, its peaks, the self-test. Fits 80 columns.</summary>
internal static class DoctorScreen
{
    private const int MostFailures = 20;

    public static void Draw(IAnsiConsole screen, DoctorReport report)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        grid.AddRow("[dim]processor[/]", Processor.Name.EscapeMarkup());
        grid.AddRow("[dim]threads[/]", Text(Processor.Threads));
        grid.AddRow("[dim]memory[/]", $"{MachineText.Memory(Processor.Memory)}, {MachineText.Memory(Processor.FreeMemory)} free");
        grid.AddRow("[dim]last-level cache[/]", MachineText.Memory(Processor.LastLevelCache));
        grid.AddRow("[dim]instructions[/]", CpuFeatures.Names.Count > 0 ? string.Join(' ', CpuFeatures.Names).EscapeMarkup() : "-");
        screen.Write(grid);
        Section(screen, "kernels", Kernels());
        Section(screen, "measured peaks", Peaks(report));
        Section(screen, "self-test: worst relative errors", Checks(report));
        Conclude(screen, report);
    }

    private static Table Kernels()
    {
        Table table = Plain().AddColumn("set").AddColumn("state").AddColumn("why");
        foreach ((InstructionSet set, string state, string reason) in DoctorReport.Kernels())
        {
            string shown = state switch
            {
                "chosen" => "[bold green]chosen[/]",
                "available" => "available",
                _ => $"[dim]{state}[/]",
            };
            table.AddRow(Name(set), shown, $"[dim]{reason.EscapeMarkup()}[/]");
        }

        return table;
    }

    private static Table Peaks(DoctorReport report)
    {
        Table table = Plain().AddColumn("");
        foreach (MachinePeaks peaks in report.Peaks)
        {
            table.AddColumn(Right(peaks.Threads == 1 ? "1 thread" : $"{peaks.Threads} threads"));
        }

        foreach (Products products in Enum.GetValues<Products>())
        {
            AddRow($"{products.ToString().ToUpperInvariant()} products", peaks => MachineText.Rate(products, peaks.Of(products)));
        }

        AddRow("reading, one stream per thread", peaks => MachineText.Bandwidth(peaks.ReadBandwidth));
        AddRow("reading, four streams per thread", peaks => MachineText.Bandwidth(peaks.ReadBandwidthOfFourStreams));
        return table;

        void AddRow(string name, Func<MachinePeaks, string> value) => table.AddRow([name, .. report.Peaks.Select(value)]);
    }

    /// <summary>A line per kernel, the worst error of each instruction set over all cases and formats.</summary>
    private static Table Checks(DoctorReport report)
    {
        Table table = Plain().AddColumn("kernel");
        foreach (InstructionSet set in InstructionSets.Supported)
        {
            table.AddColumn(Right(Name(set)));
        }

        table.AddColumn(Right("gradients"));
        foreach (IGrouping<string, SelfTestResult> kernel in report.Checks.GroupBy(Row).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            IEnumerable<string> sets = InstructionSets.Supported.Select(set =>
                Worst(kernel.Where(c => c.Set == set), c => c.Error, c => c.Error <= c.Tolerance));
            string gradients = Worst(
                kernel.Where(c => c.GradientError is not null), c => c.GradientError!.Value, c => c.GradientError <= c.GradientTolerance);
            table.AddRow([kernel.Key, .. sets, gradients]);
        }

        return table;
    }

    /// <summary>Where factors are rounded, to bytes for weights in blocks or to BF16, errors are larger by design: rows of their own.</summary>
    private static string Row(SelfTestResult check) => check.Format.MultipliesBytes() ? $"{check.Kernel} {check.Format}"
        : check.Arithmetic == Arithmetic.F32 ? check.Kernel : $"{check.Kernel} in {check.Arithmetic}";

    private static string Worst(IEnumerable<SelfTestResult> checks, Func<SelfTestResult, double> error, Func<SelfTestResult, bool> isSmall)
    {
        SelfTestResult[] all = [.. checks];
        if (all.Length == 0)
        {
            return "-";
        }

        return all.FirstOrDefault(c => c.Failure is not null) is not null ? "[bold red]failed[/]"
            : all.All(isSmall) ? MachineText.Small(all.Max(error))
            : $"[bold red]{MachineText.Small(all.Where(c => !isSmall(c)).Max(error))}[/]";
    }

    private static void Conclude(IAnsiConsole screen, DoctorReport report)
    {
        SelfTestResult[] failed = [.. report.Checks.Where(c => !c.Passed)];
        foreach (SelfTestResult check in failed.Take(MostFailures))
        {
            screen.MarkupLine($"[red]{check.ToString().EscapeMarkup()}[/]");
        }

        screen.MarkupLine(failed.Length == 0
            ? $"[green]{Text(report.Checks.Count)} checks passed[/]"
            : $"[bold red]{Text(failed.Length)} of {Text(report.Checks.Count)} checks failed[/]");
    }

    private static void Section(IAnsiConsole screen, string title, Table table)
    {
        screen.WriteLine();
        screen.MarkupLine($"[bold]{title}[/]");
        screen.Write(table);
    }

    private static Table Plain() => new Table().Border(TableBorder.Simple);

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();

    private static string Name(InstructionSet set) => set.ToString().ToLowerInvariant();

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
