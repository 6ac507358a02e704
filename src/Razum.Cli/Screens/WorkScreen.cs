using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>Work whose steps have names: a bar while it runs on a terminal, nothing into a pipe or file.</summary>
internal static class WorkScreen
{
    /// <summary>Runs <paramref name="work"/>, which calls its argument with what begins and the share of all that is done.</summary>
    public static async Task<T> Run<T>(Terminal terminal, Func<Action<string, double>, Task<T>> work)
    {
        if (!terminal.IsInteractive || !terminal.HasColors)
        {
            return await work((_, _) => { }).ConfigureAwait(false);
        }

        return await terminal.Screen.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new RemainingTimeColumn())
            .StartAsync(progress =>
            {
                ProgressTask bar = progress.AddTask("preparing", maxValue: 1);
                return work((step, share) =>
                {
                    bar.Description = step.EscapeMarkup();
                    bar.Value = share;
                });
            }).ConfigureAwait(false);
    }
}
