using System.Diagnostics;
using System.Globalization;
using Razum.Inference;
using Spectre.Console;

namespace Razum.Cli.Screens;

/// <summary>A conversation on the terminal: a first screen, lines from the user, answers as they come, and the commands that start with a slash.</summary>
internal sealed class ChatScreen(Terminal terminal, Conversation conversation, Func<string?> readLine)
{
    /// <summary>Talks until the user leaves.</summary>
    /// <param name="about">A line on the model for the first screen.</param>
    /// <param name="examples">Questions to begin with; may be empty.</param>
    public async Task Run(string about, IReadOnlyList<string> examples)
    {
        if (terminal.IsInteractive)
        {
            Greet(about, examples);
        }

        while (readLine() is { } line)
        {
            string text = line.Trim();
            if (text is "/exit" or "/quit")
            {
                return;
            }

            if (text.StartsWith('/'))
            {
                Obey(text);
            }
            else if (text.Length > 0)
            {
                await Answer(text).ConfigureAwait(false);
            }
        }
    }

    private void Greet(string about, IReadOnlyList<string> examples)
    {
        var lines = new List<string> { $"[bold]{conversation.Model.Name.EscapeMarkup()}[/]  {about.EscapeMarkup()}" };
        if (examples.Count > 0)
        {
            lines.Add("");
            lines.AddRange(examples.Select(example => $"  [teal]{example.EscapeMarkup()}[/]"));
        }

        lines.Add("");
        lines.Add($"[dim]{(examples.Count > 0 ? "↑ brings up the examples · " : "")}/help shows commands · Ctrl-C stops an answer · Ctrl-D leaves[/]");
        terminal.Screen.Write(new Panel(string.Join('\n', lines)) { Header = new PanelHeader(" razum "), Border = BoxBorder.Rounded, Padding = new Padding(2, 0) });
        terminal.Screen.WriteLine();
    }

    private void Obey(string text)
    {
        (string command, string rest) = text.IndexOf(' ') is > 0 and var space ? (text[..space], text[(space + 1)..].Trim()) : (text, "");
        switch (command, rest)
        {
            case ("/help", _):
                Help();
                break;
            case ("/reset", ""):
                conversation.Reset();
                Note("The conversation starts anew.");
                break;
            case ("/system", _):
                conversation.System = rest;
                conversation.Reset();
                Note(rest.Length > 0 ? "Instructions set; the conversation starts anew." : "No instructions; the conversation starts anew.");
                break;
            case ("/think", "on" or "off"):
                conversation.Thinks = rest == "on";
                Note(conversation.Thinks ? "The model thinks before it answers." : "The model answers at once.");
                break;
            case ("/think", _):
                Note($"/think on or /think off; it is {(conversation.Thinks ? "on" : "off")}.");
                break;
            case ("/adapter", _):
                Adapt(rest);
                break;
            default:
                Note($"There is no {text}; /help shows the commands.");
                break;
        }
    }

    private void Adapt(string name)
    {
        IReadOnlyList<string> known = conversation.Model.Adapters;
        if (known.Contains(name) || (name == "none" && known.Count > 0))
        {
            conversation.Adapter = known.Contains(name) ? name : null;
            Note(conversation.Adapter is null ? "The model answers without an adapter." : $"{name} answers from now on.");
            return;
        }

        Note(known.Count == 0
            ? "There are no adapters to choose from; --adapter NAME=FOLDER loads some."
            : $"/adapter {string.Join(" or ", known)} or none; it is {conversation.Adapter ?? "none"}.");
    }

    private void Help()
    {
        var grid = new Grid().AddColumn(new GridColumn().Padding(2, 0, 3, 0).NoWrap()).AddColumn();
        grid.AddRow("/help", "shows this");
        grid.AddRow("/reset", "forgets the conversation");
        grid.AddRow("/system TEXT", "sets instructions that come before the conversation; without TEXT, removes them");
        grid.AddRow("/think on|off", "whether the model thinks before it answers");
        if (conversation.Model.Adapters.Count > 0)
        {
            grid.AddRow("/adapter NAME", $"who answers: {string.Join(", ", conversation.Model.Adapters).EscapeMarkup()} or none");
        }

        grid.AddRow("/exit", "leaves, as does Ctrl-D");
        terminal.Screen.Write(grid);
    }

    private async Task Answer(string question)
    {
        var writer = new AnswerWriter(terminal.Out, terminal.Out, terminal.HasColors);
        CancellationToken cancellation = terminal.Interrupts.Begin();
        long start = Stopwatch.GetTimestamp();
        GenerationChunk? last = null;
        string? complaint = null;
        try
        {
            await foreach (GenerationChunk chunk in conversation.Ask(question, cancellation).ConfigureAwait(false))
            {
                writer.Write(chunk);
                last = chunk;
            }
        }
        catch (OperationCanceledException)
        {
            last = null;
        }
        catch (ArgumentException e)
        {
            complaint = $"{e.Message}; /reset starts anew.";
        }
        finally
        {
            terminal.Interrupts.End();
        }

        writer.End();
        if (complaint is not null)
        {
            Note(complaint);
        }
        else if (last is null)
        {
            Note("[stopped]");
        }
        else if (last.FinishReason == FinishReason.Length)
        {
            Note("[cut off: no room for more tokens]");
        }
        else if (terminal.IsInteractive && last.Usage is { } usage)
        {
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Note(string.Create(CultureInfo.InvariantCulture, $"{usage.CompletionTokens} tokens, {usage.CompletionTokens / seconds:F0} a second"));
        }

        if (terminal.IsInteractive)
        {
            terminal.Out.WriteLine();
        }
    }

    private void Note(string text) => terminal.Screen.MarkupLineInterpolated($"[dim]{text}[/]");
}
