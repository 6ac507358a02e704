using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Data.Files;

namespace Razum.Tests.Training.Data.Files;

/// <summary>Pairs in the forms they are published in, and rows that are none.</summary>
public sealed class PreferenceColumnsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("""{"prompt": "why?", "chosen": "so", "rejected": "no"}""")]
    [InlineData("""{"prompt": [{"role": "user", "content": "why?"}], "chosen": [{"role": "assistant", "content": "so"}], "rejected": "no"}""")]
    [InlineData("""{"chosen": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "so"}], "rejected": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "no"}], "score_chosen": 3}""")]
    [InlineData("""{"prompt": "why?", "chosen": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "so"}], "rejected": [{"content": "no", "role": "assistant"}]}""")]
    public void Published_forms_are_one_pair(string row)
    {
        PreferencePair pair = Assert.Single(Read(row));
        Assert.Equal([new ChatMessage("user", "why?")], pair.Prompt);
        Assert.Equal((new ChatMessage("assistant", "so"), new ChatMessage("assistant", "no")), (pair.Chosen, pair.Rejected));
    }

    [Fact]
    public void What_is_written_is_read_with_its_thinking()
    {
        var pair = new PreferencePair(
            [new ChatMessage("system", "short"), new ChatMessage("user", "why?\n")], new ChatMessage("assistant", "so", "a < b"), new ChatMessage("assistant", "", "hm"));
        ConversationLines.Write(_folder.File("pairs.jsonl"), [pair]);
        PreferencePair read = PreferenceColumns.Read(Assert.Single(DataFiles.Read(_folder.File("pairs.jsonl"))));
        Assert.Equal(pair.Prompt, read.Prompt);
        Assert.Equal((pair.Chosen, pair.Rejected), (read.Chosen, read.Rejected));
    }

    [Theory]
    [InlineData("""{"prompt": "why?", "chosen": "so"}""", "no 'rejected'")]
    [InlineData("""{"prompt": "why?", "rejected": "so"}""", "no 'chosen'")]
    [InlineData("""{"chosen": "so", "rejected": "no"}""", "no 'prompt', and 'chosen' does not begin with one")]
    [InlineData("""{"prompt": "", "chosen": "so", "rejected": "no"}""", "no 'prompt'")]
    [InlineData("""{"prompt": "why?", "chosen": "so", "rejected": "so"}""", "'chosen' and 'rejected' are the same")]
    [InlineData("""{"prompt": "why?", "chosen": "so", "rejected": " "}""", "no 'rejected'")]
    [InlineData("""{"prompt": "why?", "chosen": [{"role": "assistant", "content": ""}], "rejected": "no"}""", "'chosen' is an empty answer")]
    [InlineData("""{"prompt": "why?", "chosen": [], "rejected": "no"}""", "'chosen' is no answer of the assistant")]
    [InlineData("""{"prompt": "why?", "chosen": [{"role": "user", "content": "so"}], "rejected": "no"}""", "'chosen' is no answer of the assistant")]
    [InlineData("""{"prompt": "why?", "chosen": true, "rejected": "no"}""", "'chosen' is not a text")]
    [InlineData("""{"prompt": "why?", "chosen": [{"role": "user", "content": "how?"}, {"role": "assistant", "content": "so"}], "rejected": "no"}""", "differ before the last message")]
    public void Faults_name_file_and_line(string row, string expected)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Read("""{"prompt": "why?", "chosen": "so", "rejected": "no"}""" + "\n" + row));
        Assert.Contains("pairs.jsonl: line 2: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    private PreferencePair[] Read(string lines)
    {
        File.WriteAllText(_folder.File("pairs.jsonl"), lines);
        return [.. DataFiles.Read(_folder.File("pairs.jsonl")).Select(PreferenceColumns.Read)];
    }
}
