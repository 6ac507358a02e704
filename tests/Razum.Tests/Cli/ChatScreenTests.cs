using Razum.Cli;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Text;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary>The chat over an engine that plays back pieces: what is drawn, what is asked, what the commands and Ctrl-C do.</summary>
public sealed class ChatScreenTests
{
    private static readonly GenerationChunk[] s_thoughtAndAnswer =
    [
        new() { Kind = ChunkKind.Reasoning, Text = "\n47+" },
        new() { Kind = ChunkKind.Reasoning, Text = "38=85\n" },
        new() { Kind = ChunkKind.Answer, Text = "\n\nIt is " },
        new() { Kind = ChunkKind.Answer, Text = "85.\n", FinishReason = FinishReason.Stop, Usage = new Usage(9, 12) },
    ];

    private readonly List<IReadOnlyList<ChatMessage>> _rendered = [];
    private readonly List<bool> _thinking = [];

    [Fact]
    public async Task Thinking_and_answer_stream_apart()
    {
        var terminal = new TestTerminal();
        await Talk(terminal, new FakeEngine(s_thoughtAndAnswer), "What is 47 + 38?");
        Assert.Equal("thinking: 47+38=85\nIt is 85.\n", terminal.Output);
    }

    [Fact]
    public async Task Thinking_is_dimmed_where_there_are_colors()
    {
        var terminal = new TestTerminal(colors: true);
        await Talk(terminal, new FakeEngine(s_thoughtAndAnswer), "What is 47 + 38?");
        Assert.StartsWith("\e[2m47+\e[0m\e[2m38=85\e[0m", terminal.Output);
        Assert.EndsWith("It is 85.\n", terminal.Output);
    }

    [Fact]
    public async Task The_first_screen_shows_examples_to_a_person_only()
    {
        var person = new TestTerminal(interactive: true);
        await Talk(person, new FakeEngine());
        Assert.Contains("fake", person.Output);
        Assert.Contains("an example", person.Output);
        Assert.Contains("/help", person.Output);

        var pipe = new TestTerminal(pipedInput: "");
        await Talk(pipe, new FakeEngine());
        Assert.Equal("", pipe.Output);
    }

    [Fact]
    public async Task A_conversation_remembers_and_resets()
    {
        await Talk(new TestTerminal(), new FakeEngine(s_thoughtAndAnswer), "one", "two", "/reset", "three");
        Assert.Equal(["one"], Contents(0));
        Assert.Equal(["one", "\n\nIt is 85.\n", "two"], Contents(1));
        Assert.Equal(["three"], Contents(2));
    }

    [Fact]
    public async Task Commands_change_instructions_and_thinking()
    {
        var terminal = new TestTerminal();
        await Talk(terminal, new FakeEngine(s_thoughtAndAnswer), "/system Be brief.", "/think off", "one", "/think on", "/system", "two", "/nothing", "/help", "/exit", "three");
        Assert.Equal(["Be brief.", "one"], Contents(0));
        Assert.Equal(["two"], Contents(1));
        Assert.Equal([false, true], _thinking);
        Assert.Contains("There is no /nothing", terminal.Output);
        Assert.Contains("/system TEXT", terminal.Output);
    }

    [Fact]
    public async Task Adapters_are_chosen_by_name()
    {
        var terminal = new TestTerminal();
        var engine = new FakeEngine(s_thoughtAndAnswer) { Model = new ModelInfo("fake", 256, 64, []) { Adapters = ["sums", "dates"] } };
        await Talk(terminal, engine, "/adapter dates", "one", "/adapter none", "two", "/adapter times", "/help");
        Assert.Equal(["dates", null], engine.Requests.Select(r => r.Adapter));
        Assert.Contains("/adapter sums or dates or none; it is none.", terminal.Output);
        Assert.Contains("who answers: sums, dates or none", terminal.Output);

        var plain = new TestTerminal();
        await Talk(plain, new FakeEngine(s_thoughtAndAnswer), "/adapter sums");
        Assert.Contains("There are no adapters to choose from", plain.Output);
    }

    [Fact]
    public async Task Interrupt_stops_the_answer_and_not_the_chat()
    {
        var terminal = new TestTerminal();
        var engine = new FakeEngine(s_thoughtAndAnswer);
        bool second = true;
        engine.BeforePiece = piece =>
        {
            if (piece == 3 && engine.Requests.Count == 1)
            {
                Assert.True(terminal.Terminal.Interrupts.Press());
                second = terminal.Terminal.Interrupts.Press();
            }
        };
        await Talk(terminal, engine, "one", "two");

        Assert.False(second);
        Assert.Contains("It is\n[stopped]\n", terminal.Output);
        Assert.EndsWith("It is 85.\n", terminal.Output);
        Assert.Equal(["one", "\n\nIt is ", "two"], Contents(1));
        Assert.False(terminal.Terminal.Interrupts.Press());
    }

    [Fact]
    public async Task A_question_longer_than_the_context_is_refused_and_forgotten()
    {
        var terminal = new TestTerminal();
        await Talk(terminal, new FakeEngine(s_thoughtAndAnswer), new string('x', 100), "two");
        Assert.Contains("the prompt has 100 tokens; the context of fake is 64; /reset starts anew.", terminal.Output);
        Assert.Equal(["two"], Contents(1));
    }

    [Fact]
    public async Task Control_characters_of_a_model_do_not_reach_the_terminal()
    {
        var terminal = new TestTerminal();
        await Talk(terminal, new FakeEngine(new GenerationChunk { Text = "a\e[2Jb\rc\u009b1A" }), "hi");
        Assert.Equal("a[2Jbc1A\n", terminal.Output.Replace("[stopped]\n", "", StringComparison.Ordinal));
    }

    private IEnumerable<string> Contents(int request) => _rendered[request].Select(m => m.Content);

    private async Task Talk(TestTerminal terminal, FakeEngine engine, params string[] lines)
    {
        var conversation = new Conversation(engine, (messages, thinks) =>
        {
            _rendered.Add(messages);
            _thinking.Add(thinks);
            return new GenerationRequest { Prompt = messages.SelectMany(m => m.Content.Select(c => (int)c)).ToArray() };
        });
        var pending = new Queue<string>(lines);
        await new ChatScreen(terminal.Terminal, conversation, () => pending.TryDequeue(out string? line) ? line : null).Run("a model", ["an example"]);
    }
}
