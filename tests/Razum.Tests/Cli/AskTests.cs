using System.Text.Json;
using Razum.Cli;
using Razum.Cli.Verbs;
using Razum.Inference;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum ask</c>: nothing but the answer on standard output, JSON that holds all, and its faults. Over a real engine with a tiny random model.</summary>
public sealed class AskTests : IDisposable
{
    private static readonly GenerationChunk[] s_script =
    [
        new() { Kind = ChunkKind.Reasoning, Text = "6*7=42\n" },
        new() { Text = "42" },
        new() { Text = ".\n", FinishReason = FinishReason.Length, Usage = new Usage(3, 8) { CachedPromptTokens = 1, DraftedTokens = 6, AcceptedTokens = 4 } },
    ];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "thinking: 6*7=42\n")]
    public async Task Only_the_answer_is_on_standard_output(bool showThinking, string thinking)
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await Ask.PrintText(terminal.Terminal, Scripted(), "?", showThinking));
        Assert.Equal("42.\n", terminal.Output);
        Assert.Equal(thinking + "razum: the answer was cut off after 8 tokens\n", terminal.Error.ToString());
    }

    [Fact]
    public async Task Json_holds_everything()
    {
        var terminal = new TestTerminal();
        await Ask.PrintJson(terminal.Terminal, Scripted(), "?");
        using JsonDocument json = JsonDocument.Parse(terminal.Output);
        Assert.Equal("42.", json.RootElement.GetProperty("answer").GetString());
        Assert.Equal("6*7=42", json.RootElement.GetProperty("reasoning").GetString());
        Assert.Equal("length", json.RootElement.GetProperty("finish_reason").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(8, json.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(1, json.RootElement.GetProperty("usage").GetProperty("cached_prompt_tokens").GetInt32());
        Assert.Equal(6, json.RootElement.GetProperty("usage").GetProperty("drafted_tokens").GetInt32());
        Assert.Equal(4, json.RootElement.GetProperty("usage").GetProperty("accepted_tokens").GetInt32());
    }

    [Fact]
    public async Task Calls_of_tools_are_printed()
    {
        GenerationChunk[] script =
        [
            new() { Text = "Let me see." },
            new() { Kind = ChunkKind.ToolCalls, ToolCalls = [new ToolCallPart(0, "weather", "{\"city\":\n \"So"), new ToolCallPart(0, null, "fia\"}"), new ToolCallPart(1, "time", "{}", "c1")] },
            new() { FinishReason = FinishReason.ToolCalls, Usage = new Usage(3, 8) },
        ];
        var lines = new TestTerminal();
        await Ask.PrintText(lines.Terminal, Scripted(script), "?", false);
        Assert.Equal("Let me see.\nweather {\"city\": \"Sofia\"}\ntime {}\n", lines.Output);
        var terminal = new TestTerminal();
        await Ask.PrintJson(terminal.Terminal, Scripted(script), "?");
        using JsonDocument json = JsonDocument.Parse(terminal.Output);
        Assert.Equal("tool_calls", json.RootElement.GetProperty("finish_reason").GetString());
        JsonElement calls = json.RootElement.GetProperty("tool_calls");
        Assert.Equal("{\"city\":\n \"Sofia\"}", calls[0].GetProperty("arguments").GetString());
        Assert.Equal(("time", "c1"), (calls[1].GetProperty("name").GetString(), calls[1].GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Tools_need_a_template_that_knows_them()
    {
        TinyModel.Write(_folder.Path);
        string tools = _folder.File("tools.json");
        string[] arguments = ["ask", "hi", "--model", _folder.Path, "--max-tokens", "4", "--tools", tools];
        await Fails("no such file");
        File.WriteAllText(tools, "[1]");
        await Fails("expected an array of objects");
        File.WriteAllText(tools, "[");
        await Fails("not valid JSON");
        File.WriteAllText(tools, """[{"type": "function", "function": {"name": "weather"}}]""");
        await Fails("has no place for tools");
        const string Template = "{% if tools %}{{ tools | tojson }} <tool_call>{% endif %}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}";
        File.WriteAllText(_folder.File("chat_template.jinja"), Template);
        Assert.Equal(CommandLine.Done, await new TestTerminal().Run(arguments));
        File.WriteAllText(_folder.File("chat_template.jinja"), Template.Replace(" <tool_call>", "", StringComparison.Ordinal));
        await Fails("no way of calling them that is known");

        async Task Fails(string message)
        {
            var terminal = new TestTerminal();
            Assert.Equal(CommandLine.UserError, await terminal.Run(arguments));
            Assert.Contains(message, terminal.Error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Guessing_changes_no_greedy_answer()
    {
        TinyModel.Write(_folder.Path);
        string[] arguments = ["ask", "hi", "--model", _folder.Path, "--temperature", "0", "--max-tokens", "40", "--json"];
        using JsonDocument plain = JsonDocument.Parse(await Answer(null, arguments));
        using JsonDocument guessed = JsonDocument.Parse(await Answer(null, [.. arguments, "--speculate", "lookup", "--drafts", "4"]));
        Assert.Equal(plain.RootElement.GetProperty("answer").GetString(), guessed.RootElement.GetProperty("answer").GetString());
        Assert.True(guessed.RootElement.GetProperty("usage").GetProperty("drafted_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task A_seed_repeats_the_answer_and_threads_do_not_change_it()
    {
        TinyModel.Write(_folder.Path);
        string[] arguments = ["ask", "hi", "--model", _folder.Path, "--seed", "7", "--max-tokens", "12", "--json", "--threads"];
        string first = await Answer(null, [.. arguments, "1"]);
        Assert.Equal(first, await Answer(null, [.. arguments, "2"]));
        Assert.Equal(first, await Answer("hi\n", [.. arguments.Where(a => a != "hi"), "1"]));
        Assert.NotEqual(first, await Answer(null, [.. arguments.Select(a => a == "7" ? "8" : a), "1"]));
    }

    [Fact]
    public async Task Quantised_weights_answer_too()
    {
        TinyModel.Write(_folder.Path);
        string[] arguments = ["ask", "hi", "--model", _folder.Path, "--seed", "7", "--max-tokens", "12", "--json"];
        string[] quantised = [.. arguments, "--quantize", "q8_0"];
        Assert.Equal(await Answer(null, quantised), await Answer(null, quantised));
    }

    [Fact]
    public async Task Chat_answers_every_piped_line()
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal(pipedInput: "hello\n/reset\nagain\n");
        Assert.Equal(CommandLine.Done, await terminal.Run("chat", _folder.Path, "--max-tokens", "4", "--temperature", "0", "--no-think"));
        Assert.Equal(2, terminal.Output.Split("[cut off").Length - 1);
        Assert.Equal("", terminal.Error.ToString());
    }

    [Theory]
    [InlineData("the prompt has", "--model", "MODEL", "LONG")]
    [InlineData("Temperature -1 must be", "--model", "MODEL", "hi", "--temperature", "-1")]
    [InlineData("MaxTokens 0 must be", "--model", "MODEL", "hi", "--max-tokens", "0")]
    [InlineData("--speculate luck must be none, mtp or lookup", "--model", "MODEL", "hi", "--speculate", "luck")]
    [InlineData("--drafts 40 must be", "--model", "MODEL", "hi", "--drafts", "40")]
    [InlineData("has no layer of multi-token prediction", "--model", "MODEL", "hi", "--speculate", "mtp")]
    [InlineData("the question is empty", "--model", "MODEL", " ")]
    [InlineData("no question", "--model", "MODEL")]
    public async Task Faults_are_one_line(string expected, params string[] arguments)
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal();
        int code = await terminal.Run(["ask", .. arguments.Select(a => a.Replace("MODEL", _folder.Path).Replace("LONG", new string('x', 200)))]);
        Assert.Equal(CommandLine.UserError, code);
        Assert.Contains(expected, terminal.Error.ToString());
        Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        Assert.Equal("", terminal.Output);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model.safetensors")]
    public async Task A_damaged_model_is_one_line_that_names_the_file(string file)
    {
        TinyModel.Write(_folder.Path);
        string path = _folder.File(file);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^7]);
        foreach (string verb in new[] { "chat", "inspect" })
        {
            var terminal = new TestTerminal();
            Assert.Equal(CommandLine.UserError, await terminal.Run(verb, _folder.Path));
            Assert.Contains(file, terminal.Error.ToString());
            Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static Conversation Scripted(params GenerationChunk[] script) => new(new FakeEngine(script.Length > 0 ? script : s_script), (_, _) => new GenerationRequest { Prompt = [1, 2, 3] });

    private static async Task<string> Answer(string? input, string[] arguments)
    {
        var terminal = new TestTerminal(input);
        Assert.Equal(CommandLine.Done, await terminal.Run(arguments));
        Assert.Equal("", terminal.Error.ToString());
        return terminal.Output;
    }
}
