using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

public class EnvelopeTests
{
    [Theory]
    [InlineData("", "<think>a</think><answer>7</answer>", TaskOutcome.Correct, "7")]
    [InlineData("<think>", "\n</think>\r\n\t<answer> 7\n</answer>\n", TaskOutcome.Correct, "7")]
    [InlineData("<think>", "<think></think><answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "</think><think><answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think>so<answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think>\u00A0<answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think>\v<answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think><answer>7</answer>.", TaskOutcome.Malformed, null)]
    [InlineData("", "<think><answer>7</answer></think>", TaskOutcome.Malformed, null)]
    [InlineData("", "<THINK></THINK><answer>7</answer>", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think><answer>7", TaskOutcome.Malformed, null)]
    [InlineData("", "<think></think><answer> </answer>", TaskOutcome.Unparseable, "")]
    [InlineData("", "<think></think><answer>\u200B7</answer>", TaskOutcome.Unparseable, "\u200B7")]
    [InlineData("", "<think></think><answer>7\0</answer>", TaskOutcome.Unparseable, "7\0")]
    [InlineData("", "", TaskOutcome.Malformed, null)]
    public void Forms(string prefix, string completion, TaskOutcome outcome, string? extracted) =>
        Assert.Equal(new TaskVerdict(outcome, extracted), Envelope.Open(prefix, completion, true));

    [Fact]
    public void WithoutEndTokenNothingElseIsLookedAt() =>
        Assert.Equal(new TaskVerdict(TaskOutcome.Truncated, null), Envelope.Open("", "<think></think><answer>7</answer>", false));

    [Theory]
    [InlineData("a", 20_000, TaskOutcome.Correct)]
    [InlineData("a", 20_001, TaskOutcome.Malformed)]
    [InlineData("\U0001F600", 20_000, TaskOutcome.Correct)]
    [InlineData("\U0001F600", 20_001, TaskOutcome.Malformed)]
    public void LengthCountsCodePoints(string filler, int length, TaskOutcome expected)
    {
        const string Rest = "<think></think><answer>7</answer>";
        string text = "<think>" + string.Concat(Enumerable.Repeat(filler, length - Rest.Length)) + Rest["<think>".Length..];
        Assert.Equal(expected, Envelope.Open("", text, true).Outcome);
    }

    [Theory]
    [InlineData("countdown3", "{\"numbers\":[1,2.5],\"target\":3}")]
    [InlineData("countdown3", "{\"numbers\":[1,2],\"target\":\"3\"}")]
    [InlineData("gcd", "{}")]
    [InlineData("gcd", "{\"answer\":[7]}")]
    [InlineData("sudoku4", "{\"grid\":\"12\"}")]
    [InlineData("date_time", "{\"kind\":\"moon\",\"answer\":\"7\"}")]
    public void BadTruthIsNamed(string name, string truth)
    {
        ProceduralTask task = TaskRegistry.Get(name);
        JsonObject fields = JsonNode.Parse(truth)!.AsObject();
        string completion = $"<think></think><answer>{(task is CountdownTask ? "1+2" : "7")}</answer>";
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => task.Check("", completion, true, fields));
        Assert.StartsWith("truth: ", fault.Message);
    }
}
