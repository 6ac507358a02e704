using System.Text.Json.Nodes;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Data.Files;

namespace Razum.Tests.Training.Data.Files;

/// <summary>The forms in which conversations are published, and columns named by the user.</summary>
public sealed class ConversationColumnsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"c"}]}""")]
    [InlineData("""{"prompt":"a","completion":"b","reasoning_content":"c"}""")]
    [InlineData("""{"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"assistant","content":"b","reasoning_content":"c"}]}""")]
    [InlineData("""{"question":"a","answer":"b","reasoning_content":"c"}""")]
    public void Known_forms_are_read(string row) =>
        Assert.Equal([new("user", "a"), new("assistant", "b", "c")], new ConversationColumns().Read(Row(row)).Messages);

    [Fact]
    public void Columns_can_be_named_and_GSM8K_is_split()
    {
        Conversation named = new ConversationColumns { Prompt = "input", Answer = "target", Reasoning = "why" }.Read(Row("""{"input":"a","target":3,"why":"c"}"""));
        Assert.Equal([new("user", "a"), new("assistant", "3", "c")], named.Messages);
        Conversation split = new ConversationColumns { AnswerAfter = "####" }
            .Read(Row("""{"question":"a","answer":"48/2 = <<48/2=24>>24 clips.\nSo 24.\n#### 24"}"""));
        Assert.Equal(new ChatMessage("assistant", "24", "48/2 = 24 clips.\nSo 24."), split.Messages[1]);
    }

    [Theory]
    [InlineData("""{"text":"a"}""", "a list \"messages\"")]
    [InlineData("""{"prompt":"a"}""", "no answer, completion or response")]
    [InlineData("""{"prompt":"","answer":"b"}""", "no 'prompt'")]
    [InlineData("""{"prompt":{"a":1},"answer":"b"}""", "'prompt' is not a text")]
    [InlineData("""{"messages":{"role":"user"}}""", "a list \"messages\"")]
    [InlineData("""{"messages":[]}""", "the last message is not the assistant's")]
    [InlineData("""{"messages":[null]}""", "a message is not an object")]
    [InlineData("""{"messages":[{"content":"a"}]}""", "a message has no role")]
    [InlineData("""{"messages":[{"role":"assistant","content":["a"]}]}""", "'content' is not a text")]
    public void Other_rows_are_refused(string row, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => new ConversationColumns().Read(Row(row))).Message;
        Assert.StartsWith("here: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_that_is_not_there_is_a_fault() => Assert.Contains(
        "no '####'",
        Assert.Throws<InvalidDataException>(() => new ConversationColumns { AnswerAfter = "####" }.Read(Row("""{"question":"a","answer":"b"}"""))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void What_is_written_is_read_again()
    {
        Conversation[] conversations = [new([new("user", "é \"x\"\n\u2028"), new("assistant", "<b>", "why")]), new([new("user", "a"), new("assistant", "b")])];
        string file = _folder.File("out.jsonl");
        ConversationLines.Write(file, conversations);
        Assert.Equal(2, File.ReadAllLines(file).Length);
        ConversationColumns columns = new();
        Assert.Equal(conversations.SelectMany(c => c.Messages), DataFiles.Read(file).SelectMany(r => columns.Read(r).Messages));
    }

    [Fact]
    public void A_mixture_takes_each_part_as_often_as_its_weight_says_and_all_of_it()
    {
        ConversationFile[] files = [.. ((string[])["a", "b"]).Select(name =>
        {
            File.WriteAllLines(_folder.File(name + ".jsonl"), Enumerable.Range(0, 50).Select(i => $$"""{"prompt":"{{name}}{{i}}","answer":"x"}"""));
            return new ConversationFile([_folder.File(name + ".jsonl")], 0, 1);
        })];
        ConversationMixture mixture = new([(files[0], 3), (files[1], 1)], 5);
        string[] drawn = [.. Enumerable.Range(0, 2000).Select(i => mixture.Get(Split.Train, i).Messages[0].Content)];
        Assert.Equal((1500, 500), (drawn.Count(d => d[0] == 'a'), drawn.Count(d => d[0] == 'b')));
        Assert.InRange(drawn.Take(100).Count(d => d[0] == 'b'), 10, 40);
        Assert.Equal(100, drawn.Distinct().Count());
        Assert.All(drawn.Where(d => d[0] == 'b').GroupBy(d => d), same => Assert.Equal(10, same.Count())); // ten whole passes
        Assert.Equal(drawn[77], new ConversationMixture([(files[0], 3), (files[1], 1)], 5).Get(Split.Train, 77).Messages[0].Content);
        Assert.NotEqual(mixture.Fingerprint, new ConversationMixture([(files[0], 1), (files[1], 1)], 5).Fingerprint);
        Assert.Throws<InvalidDataException>(() => new ConversationMixture([], 1));
        Assert.Throws<InvalidDataException>(() => new ConversationMixture([(files[0], 1), (files[1], 0.0001)], 1));
        Assert.Throws<InvalidDataException>(() => new ConversationMixture([(files[0], double.NaN)], 1));
    }

    public void Dispose() => _folder.Dispose();

    private static DataRow Row(string text) => new((JsonObject)JsonNode.Parse(text)!, "here");
}
