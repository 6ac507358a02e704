using System.CommandLine;
using Razum.Inference;
using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Cli;

/// <summary>The options of <c>ask</c>, <c>chat</c> and <c>eval</c> that say how tokens are chosen. Values that make no sense are refused by the engine, by name.</summary>
internal sealed class GenerationArguments
{
    public Option<double?> Temperature { get; } = new("--temperature") { Description = "Randomness: 0 always takes the most probable token.", HelpName = "T" };

    public Option<int?> TopK { get; } = new("--top-k") { Description = "Draw from this many most probable tokens; 0 from all.", HelpName = "K" };

    public Option<double?> TopP { get; } = new("--top-p") { Description = "Draw from the fewest tokens whose probabilities sum to this.", HelpName = "P" };

    public Option<double?> MinP { get; } = new("--min-p") { Description = "Draw from tokens at least this many times as probable as the best.", HelpName = "P" };

    public Option<ulong?> Seed { get; } = new("--seed") { Description = "Makes the draws repeatable.", HelpName = "S" };

    public Option<int?> MaxTokens { get; } = new("--max-tokens") { Description = "Stop after this many tokens.", HelpName = "N" };

    public Option<string?> System { get; } = new("--system") { Description = "Instructions that come before the conversation.", HelpName = "TEXT" };

    public Option<bool> NoThink { get; } = new("--no-think") { Description = "Answer at once, without thinking." };

    public Option<string> Speculate { get; } = new("--speculate")
    {
        Description = "Guess the next tokens and check them together: none, mtp (the model's own layer) or lookup (what followed the same tokens before). Changes speed only.",
        HelpName = "HOW",
        DefaultValueFactory = _ => "none",
    };

    public Option<int> Drafts { get; } = new("--drafts")
    {
        Description = "The most guesses at a time.",
        HelpName = "N",
        DefaultValueFactory = _ => EngineOptions.DefaultDraftLength,
    };

    /// <summary>The block format of the weights.</summary>
    public Option<string?> Quantize { get; } = CreateQuantize();

    /// <summary>The adapters beside the weights.</summary>
    public Option<string[]> Adapters { get; } = new("--adapter")
    {
        Description = "Folder or .gguf file of a LoRA adapter; NAME=FOLDER for one of several, of which the first answers first.",
        HelpName = "FOLDER",
    };

    /// <summary>The most tokens of a conversation.</summary>
    public Option<int> Context { get; } = CreateContext();

    /// <summary>What matrix products are computed in.</summary>
    public Option<string> Arithmetic { get; } = CreateArithmetic();

    /// <summary>The option <c>--arithmetic</c>, also for verbs that do not choose tokens.</summary>
    /// <param name="trains">Whether the verb also trains: not everything can be trained in.</param>
    public static Option<string> CreateArithmetic(bool trains = false)
    {
        var option = new Option<string>("--arithmetic")
        {
            Description = "Products of matrices: f32, or bf16, which is faster and rounds activations"
                + (trains ? "." : ", or fp8, which rounds them for weights in FP8 as DeepSeek does."),
            HelpName = "KIND",
            DefaultValueFactory = _ => "f32",
        };
        option.AcceptOnlyFromAmong(trains ? ["f32", "bf16"] : ["f32", "bf16", "fp8"]);
        return option;
    }

    /// <summary>The option <c>--context</c>, also for verbs that do not choose tokens.</summary>
    public static Option<int> CreateContext() => new("--context")
    {
        Description = "The most tokens of a prompt and its answer; 0 is the model's own limit. Less takes less memory.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    /// <summary>The value of <c>--context</c>.</summary>
    public static int ContextOf(int tokens) => tokens >= 0 ? tokens : throw new ArgumentException($"--context {tokens} must not be negative");

    /// <summary>The option <c>--adapter</c>, also for verbs that do not choose tokens.</summary>
    public static Option<string?> CreateAdapter() => new("--adapter")
    {
        Description = "Folder of a LoRA adapter for the model, as PEFT or a run with lora writes it, or its .gguf file.",
        HelpName = "FOLDER",
    };

    /// <summary>The option <c>--quantize</c>, also for verbs that do not choose tokens.</summary>
    public static Option<string?> CreateQuantize()
    {
        Option<string?> option = new("--quantize") { Description = "Quantise the weights while loading.", HelpName = "FORMAT" };
        option.AcceptOnlyFromAmong([.. WeightFormats.Quantised.Select(f => f.ToString().ToLowerInvariant())]);
        return option;
    }

    /// <summary>The format that the value of <c>--quantize</c> names; null for none.</summary>
    public static WeightFormat? FormatOf(string? name) => name is null ? null : Enum.Parse<WeightFormat>(name, ignoreCase: true);

    /// <summary>The arithmetic that the value of <c>--arithmetic</c> names.</summary>
    public static Arithmetic ArithmeticOf(string? name) => name is null ? default : Enum.Parse<Arithmetic>(name, ignoreCase: true);

    /// <summary>The adapters that values of <c>--adapter</c> mean, FOLDER or NAME=FOLDER.</summary>
    public static IReadOnlyList<NamedAdapter> AdaptersOf(params IEnumerable<string?> values) => [.. values.OfType<string>().Select(value =>
    {
        int sign = Path.Exists(value) ? -1 : value.IndexOf('=');
        return sign > 0 ? new NamedAdapter(value[..sign], value[(sign + 1)..]) : new NamedAdapter("", value);
    })];

    /// <summary>Adds all of them to <paramref name="command"/>.</summary>
    public void AddTo(Command command)
    {
        command.Add(Temperature);
        command.Add(TopK);
        command.Add(TopP);
        command.Add(MinP);
        command.Add(Seed);
        command.Add(MaxTokens);
        command.Add(System);
        command.Add(NoThink);
        command.Add(Quantize);
        command.Add(Adapters);
        command.Add(Context);
        command.Add(Arithmetic);
        command.Add(Speculate);
        command.Add(Drafts);
    }

    /// <summary>How an engine for these arguments works.</summary>
    private EngineOptions Engine(ParseResult arguments, int threads) => new()
    {
        Threads = threads,
        ContextLength = ContextOf(arguments.GetValue(Context)),
        Arithmetic = ArithmeticOf(arguments.GetValue(Arithmetic)),
        DraftLength = arguments.GetValue(Drafts) is >= 1 and <= EngineOptions.MaxDraftLength and var drafts
            ? drafts
            : throw new ArgumentException($"--drafts {arguments.GetValue(Drafts)} must be between 1 and {EngineOptions.MaxDraftLength}"),
        Speculation = arguments.GetValue(Speculate) switch
        {
            "none" => SpeculationKind.None,
            "mtp" => SpeculationKind.Mtp,
            "lookup" => SpeculationKind.PromptLookup,
            var other => throw new ArgumentException($"--speculate {other} must be none, mtp or lookup"),
        },
    };

    /// <summary>The model in <paramref name="folder"/>, held and computed as the arguments say.</summary>
    public LoadedModel Load(string folder, ParseResult arguments, int threads) =>
        LoadedModel.Load(folder, Engine(arguments, threads), FormatOf(arguments.GetValue(Quantize)), AdaptersOf(arguments.GetValue(Adapters) ?? []));

    /// <summary>A conversation with <paramref name="model"/> as the arguments say; what they leave open, the model's own defaults decide.</summary>
    public Conversation Converse(LoadedModel model, ParseResult arguments)
    {
        SamplingOptions sampling = model.Sampling;
        return new Conversation(model.Engine, model.Render)
        {
            System = arguments.GetValue(System) ?? "",
            Thinks = !arguments.GetValue(NoThink),
            Adapter = model.Engine.Model.Adapters.FirstOrDefault(),
            MaxTokens = arguments.GetValue(MaxTokens),
            Sampling = sampling with
            {
                Temperature = arguments.GetValue(Temperature) ?? sampling.Temperature,
                TopK = arguments.GetValue(TopK) ?? sampling.TopK,
                TopP = arguments.GetValue(TopP) ?? sampling.TopP,
                MinP = arguments.GetValue(MinP) ?? sampling.MinP,
                Seed = arguments.GetValue(Seed) ?? sampling.Seed,
            },
        };
    }
}
