using System.CommandLine;
using System.Text;
using Razum.Cli.Screens;
using Razum.Inference;

namespace Razum.Cli.Verbs;

/// <summary><c>razum ask PROMPT</c>: one question, and nothing but the answer on standard output.</summary>
internal sealed class Ask : Verb
{
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "The question; without it, or as -, standard input is read.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "Folder of a model, the name of one under models, or owner/name of one that was pulled.",
        HelpName = "MODEL",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<bool> _think = new("--think") { Description = "Also show the thinking, on standard error." };
    private readonly Option<bool> _json = new("--json") { Description = "Print answer, reasoning, token counts and finish reason as one JSON object." };
    private readonly Option<string?> _tools = new("--tools")
    {
        Description = "Tools that the model may call, a JSON array of their descriptions; its calls are printed, not made.",
        HelpName = "FILE",
    };

    private readonly GenerationArguments _generation = new();

    public Ask(Terminal terminal, Option<int> threads)
        : base("ask", "Ask one question; only the answer goes to standard output.", terminal, threads)
    {
        Add(_prompt);
        Add(_model);
        Add(_think);
        Add(_json);
        Add(_tools);
        _generation.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum ask \"What is the gcd of 48 and 36?\"",
        "echo \"sort 5 81 22 9\" | razum ask --think",
        "razum ask --quantize q8_0 \"What is 15 % of 80?\"",
        "razum ask -m my-model --adapter out/lora/final \"What is 15 % of 80?\"",
        "razum ask -m my-model --tools tools.json \"What is the weather in Sofia?\"",
        "razum ask --json --temperature 0.7 --seed 1 \"4821+977=?\"",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string question = arguments.GetValue(_prompt) is { } prompt && prompt != "-" ? prompt : ReadInput();
        if (string.IsNullOrWhiteSpace(question))
        {
            throw new ArgumentException("the question is empty");
        }

        await using LoadedModel model = _generation.Load(ModelFolder.Find(arguments.GetValue(_model)!), arguments, Threads(arguments));
        model.Tools = arguments.GetValue(_tools) is { } file ? ToolsFile.Read(file) : null;
        Conversation conversation = _generation.Converse(model, arguments);
        return arguments.GetValue(_json)
            ? await PrintJson(Terminal, conversation, question).ConfigureAwait(false)
            : await PrintText(Terminal, conversation, question, arguments.GetValue(_think)).ConfigureAwait(false);
    }

    /// <summary>The answer on standard output as it comes; the thinking, if wanted, on standard error.</summary>
    internal static async Task<int> PrintText(Terminal terminal, Conversation conversation, string question, bool showThinking)
    {
        var writer = new AnswerWriter(terminal.Out, showThinking ? terminal.Error : null, showThinking && terminal.ErrorHasColors);
        var calls = new CollectedCalls();
        GenerationChunk? last = null;
        await foreach (GenerationChunk chunk in conversation.Ask(question).ConfigureAwait(false))
        {
            writer.Write(chunk);
            calls.Add(chunk);
            last = chunk;
        }

        writer.End();
        calls.WriteLines(terminal.Out);
        if (last?.FinishReason == FinishReason.Length)
        {
            terminal.Error.WriteLine($"razum: the answer was cut off after {last.Usage?.CompletionTokens} tokens");
        }

        return CommandLine.Done;
    }

    internal static async Task<int> PrintJson(Terminal terminal, Conversation conversation, string question)
    {
        StringBuilder answer = new(), reasoning = new();
        var calls = new CollectedCalls();
        GenerationChunk? last = null;
        await foreach (GenerationChunk chunk in conversation.Ask(question).ConfigureAwait(false))
        {
            (chunk.Kind == ChunkKind.Answer ? answer : reasoning).Append(chunk.Text);
            calls.Add(chunk);
            last = chunk;
        }

        Json.Write(terminal.Out, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", conversation.Model.Name);
            json.WriteString("answer", answer.ToString().Trim());
            json.WriteString("reasoning", reasoning.ToString().Trim());
            if (calls.Count > 0)
            {
                calls.WriteJson(json);
            }

            json.WriteString("finish_reason", last?.FinishReason switch
            {
                FinishReason.Length => "length",
                FinishReason.ToolCalls => "tool_calls",
                _ => "stop",
            });
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", last?.Usage?.PromptTokens ?? 0);
            json.WriteNumber("completion_tokens", last?.Usage?.CompletionTokens ?? 0);
            json.WriteNumber("cached_prompt_tokens", last?.Usage?.CachedPromptTokens ?? 0);
            json.WriteNumber("drafted_tokens", last?.Usage?.DraftedTokens ?? 0);
            json.WriteNumber("accepted_tokens", last?.Usage?.AcceptedTokens ?? 0);
            json.WriteEndObject();
            json.WriteEndObject();
        });
        return CommandLine.Done;
    }

    private string ReadInput() => Terminal.InputIsPiped
        ? Terminal.In.ReadToEnd().Trim()
        : throw new ArgumentException("no question: give one, or pipe it in");
}
