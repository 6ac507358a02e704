using System.CommandLine;
using Razum.Cli.Screens;
using Razum.Inference.Hub;

namespace Razum.Cli.Verbs;

/// <summary><c>razum pull NAME</c>: downloads a model from the Hugging Face Hub into the cache that all its tools share.</summary>
internal sealed class Pull : Verb
{
    private readonly Argument<string> _name = new("NAME") { Description = "owner/name, and for a .gguf file its quantisation or name: owner/name:Q4_K_M." };

    private readonly Option<string> _revision = new("--revision")
    {
        Description = "A branch, tag or commit.",
        HelpName = "REVISION",
        DefaultValueFactory = _ => "main",
    };

    public Pull(Terminal terminal, Option<int> threads)
        : base("pull", "Download a model. What is there is not fetched again; what was interrupted goes on.", terminal, threads)
    {
        Add(_name);
        Add(_revision);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum pull deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
        "razum pull bartowski/DeepSeek-R1-Distill-Qwen-1.5B-GGUF:Q4_K_M",
        "razum chat deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string text = arguments.GetValue(_name)!;
        HubName name = HubName.Parse(text) ?? throw new ArgumentException($"{text}: models are named owner/name, owner/name:Q4_K_M or owner/name:file.gguf");
        var screen = new PullScreen(Terminal, name);
        var pull = new HubPull(HubSettings.FromEnvironment()) { Planned = screen.ShowPlan, Progress = screen.Show };
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        try
        {
            string path = await screen.Run(() => pull.Run(name, arguments.GetValue(_revision)!, cancellation)).ConfigureAwait(false);
            Terminal.Out.WriteLine(path);
            return CommandLine.Done;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Terminal.Error.WriteLine($"razum: stopped; razum pull {name} goes on where it was");
            return CommandLine.Failed;
        }
        finally
        {
            Terminal.Interrupts.End();
        }
    }
}
