using Razum.Text;
using Razum.Training.Data;

namespace Razum.Tests.Training.Data;

/// <summary>Order, coverage, held-out parts and loss masks of training data.</summary>
public sealed class SequenceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-data-").FullName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(1000)]
    public void A_permutation_reaches_everything_once(int count)
    {
        foreach (ulong key in (ulong[])[0, 1, 12345])
        {
            Assert.Equal(
                Enumerable.Range(0, count).Select(i => (long)i), Enumerable.Range(0, count).Select(i => Shuffle.Permute(i, count, key)).Order());
        }
    }

    [Fact]
    public void Text_is_covered_in_another_order_each_pass_and_never_held_out()
    {
        var source = new TextSequences([.. Enumerable.Range(0, 1000)], 10, 0.1, 7);
        Assert.Equal(89, source.TrainCount);
        List<int>[] passes = [.. Enumerable.Range(0, 3).Select(p => Enumerable.Range(0, 89).Select(i => First(source, Split.Train, (p * 89) + i)).ToList())];
        foreach (List<int> pass in passes)
        {
            Assert.Equal(89, pass.Distinct().Count());
            Assert.All(pass, start => Assert.InRange(start, 0, 890));
            Assert.Single(pass.Select(start => start % 10).Distinct());
        }

        Assert.NotEqual(passes[0], passes[1]);
        Assert.All(Enumerable.Range(0, 20), i => Assert.InRange(First(source, Split.Evaluation, i), 900, 990));
    }

    [Fact]
    public void Only_the_last_answer_is_learned()
    {
        Tokenizer tokenizer = Bytes();
        string file = Path.Combine(_folder, "chat.jsonl");
        File.WriteAllLines(file,
        [
            """{"messages":[{"role":"user","content":"née?"},{"role":"assistant","content":"yes","reasoning_content":"born"}]}""",
            "",
            """{"messages":[{"role":"user","content":"née?"},{"role":"assistant","content":"yes","reasoning_content":"born"}]}""",
        ]);
        var sequence = new TrainingSequence();
        var source = new ConversationSequences(new ConversationFile([file], 0, 1), tokenizer, learnsPrompts: false);
        source.Read(Split.Train, 0, sequence);
        int[] live = [.. sequence.Tokens.Where((_, i) => sequence.Targets[i] != 0)];
        Assert.Equal("born</think><answer>yes</answer><|end|>", tokenizer.Decode(live));
        Assert.Equal("<|bos|><|user|>née?<|assistant|><think>born</think><answer>yes</answer><|end|>", tokenizer.Decode([.. sequence.Tokens]));

        new ConversationSequences(new ConversationFile([file], 0, 1), tokenizer, learnsPrompts: true).Read(Split.Train, 0, sequence);
        Assert.Equal(sequence.Tokens.Count - 1, sequence.TargetCount);
    }

    [Theory]
    [InlineData("{", "line 2: not valid JSON")]
    [InlineData("[]", "line 2: expected an object")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}]}""", "line 2: the last message")]
    [InlineData("""{"messages":[{"role":"assistant"}]}""", "line 2: a message has no content")]
    public void Bad_lines_are_named(string line, string expected)
    {
        string file = Path.Combine(_folder, "bad.jsonl");
        File.WriteAllLines(file, ["""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", line]);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => new ConversationFile([file], 0, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Held_out_conversations_are_never_trained()
    {
        string file = Path.Combine(_folder, "many.jsonl");
        File.WriteAllLines(
            file, Enumerable.Range(0, 50).Select(i => $$"""{"messages":[{"role":"user","content":"{{i}}"},{"role":"assistant","content":"b"}]}"""));
        var source = new ConversationFile([file], 0.2, 3);
        string[] trained = [.. Enumerable.Range(0, 120).Select(i => source.Get(Split.Train, i).Messages[0].Content).Distinct()];
        string[] evaluated = [.. Enumerable.Range(0, 20).Select(i => source.Get(Split.Evaluation, i).Messages[0].Content).Distinct()];
        Assert.Equal(40, trained.Length);
        Assert.Equal(10, evaluated.Length);
        Assert.Empty(trained.Intersect(evaluated));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int First(SequenceSource source, Split split, int index)
    {
        var sequence = new TrainingSequence();
        source.Read(split, index, sequence);
        Assert.Equal(10, sequence.Tokens.Count);
        return sequence.Tokens[0];
    }

    private Tokenizer Bytes()
    {
        ByteTokenizer.Write(_folder);
        return Tokenizer.Load(_folder);
    }
}
