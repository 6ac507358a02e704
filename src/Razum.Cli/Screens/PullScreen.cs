using System.Globalization;
using Razum.Inference.Hub;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>A download: what is to come, then on a terminal a bar with rate and time left. Standard output stays free for the path.</summary>
internal sealed class PullScreen(Terminal terminal, HubName name)
{
    private ProgressTask? _bar;

    /// <summary>Runs <paramref name="work"/>, which calls <see cref="ShowPlan"/> and then <see cref="Show"/>.</summary>
    public async Task<string> Run(Func<Task<string>> work)
    {
        if (!terminal.IsInteractive || !terminal.HasColors)
        {
            return await work().ConfigureAwait(false);
        }

        return await terminal.Screen.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(progress =>
            {
                _bar = progress.AddTask(name.ToString().EscapeMarkup(), maxValue: 1);
                return work();
            }).ConfigureAwait(false);
    }

    public void ShowPlan(int files, long bytes, long left)
    {
        if (_bar is { } bar)
        {
            bar.MaxValue = Math.Max(bytes, 1);
        }

        terminal.Error.WriteLine(left == 0
            ? $"{name}: {files} files, all here"
            : string.Create(CultureInfo.InvariantCulture, $"{name}: {files} files, {bytes / 1e9:0.000} GB, of which {left / 1e9:0.000} GB are to come"));
    }

    public void Show(long done)
    {
        if (_bar is { } bar)
        {
            bar.Value = done;
        }
    }
}
