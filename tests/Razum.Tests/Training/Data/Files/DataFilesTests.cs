using System.Text;
using Parquet.Serialization;
using Razum.Training.Data;
using Razum.Training.Data.Files;

namespace Razum.Tests.Training.Data.Files;

/// <summary>JSON lines, JSON, Parquet and CSV become the same rows; what is damaged is one line that names file and place.</summary>
public sealed class DataFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Damaged => new()
    {
        { "a.jsonl", "{\"q\":1}\n{\"q\":", "a.jsonl: line 2: not valid JSON" },
        { "a.jsonl", "{\"q\":1}\n[1]", "a.jsonl: line 2: expected an object" },
        { "a.jsonl", "{\"q\":1,\"q\":2}", "a.jsonl: line 1: not valid JSON" },
        { "a.jsonl", "{\"q\":1}\nnull", "a.jsonl: line 2: expected an object" },
        { "a.jsonl", "\0\0\0\0", "a.jsonl: line 1: not valid JSON" },
        { "a.json", "[{\"q\":1}, 2]", "a.json: element 1: expected an object" },
        { "a.json", "", "a.json: not valid JSON" },
        { "a.json", "7", "a.json: expected an object or a list" },
        { "a.csv", "x,y\n1,2\n1,2,3\n", "a.csv: line 3: 3 columns, not 2" },
        { "a.csv", "x,X\n1,2\n", "a.csv: line 1: two columns have the same name" },
        { "a.parquet", "PAR1", "a.parquet: not Parquet, or damaged" },
        { "a.parquet", "", "a.parquet: not Parquet, or damaged" },
        { "a.txt", "hello", "'.txt' is none of the endings" },
    };

    [Fact]
    public async Task All_formats_give_the_same_rows()
    {
        Row[] rows = [new() { Question = "née, \"so\"?\nyes", Answer = 7 }, new() { Question = "b", Answer = -1 }];
        string text = """{"Question":"née, \"so\"?\nyes","Answer":7}""";
        File.WriteAllText(_folder.File("a.jsonl"), $"{text}\n\n{{\"Question\":\"b\",\"Answer\":-1}}\n");
        File.WriteAllText(_folder.File("a.json"), $"[{text},{{\"Question\":\"b\",\"Answer\":-1}}]");
        File.WriteAllText(_folder.File("a.csv"), "Question,Answer\r\n\"née, \"\"so\"\"?\nyes\",7\r\nb,-1\r\n");
        await ParquetSerializer.SerializeAsync(rows, _folder.File("a.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        foreach (string file in (string[])["a.jsonl", "a.json", "a.csv", "a.parquet"])
        {
            DataRow[] read = [.. DataFiles.Read(_folder.File(file))];
            Assert.Equal(rows.Select(r => (r.Question!, $"{r.Answer}")), read.Select(r => (r.Required("question"), r.Required("ANSWER"))));
        }
    }

    [Fact]
    public async Task Nested_messages_are_read_from_parquet()
    {
        Chat[] rows =
        [
            new() { Messages = [new() { Role = "user", Content = "2+2?" }, new() { Role = "assistant", Content = "4" }], Choices = ["a", "b"] },
            new() { Messages = [new() { Role = "user", Content = "hi" }, new() { Role = "assistant", Content = "hello" }], Choices = [] },
        ];
        string file = _folder.File("train-00000-of-00001.parquet");
        await ParquetSerializer.SerializeAsync(rows, file, cancellationToken: TestContext.Current.CancellationToken);
        var source = new ConversationFile([_folder.Path], 0, 1);
        Assert.Equal(["2+2?", "hi"], Enumerable.Range(0, 2).Select(i => source.Get(Split.Train, i).Messages[0].Content).Order());
        Assert.Equal("""["a","b"]""", DataFiles.Read(file).First().Field("choices")!.ToJsonString());

        // Cut anywhere, the file is refused in one line.
        byte[] whole = File.ReadAllBytes(file);
        foreach (int length in (int[])[1, 8, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.DoesNotContain('\n', Assert.Throws<InvalidDataException>(() => DataFiles.Read(file).ToArray()).Message);
        }
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Damage_is_named(string name, string content, string expected)
    {
        File.WriteAllText(_folder.File(name), content);
        string message = Assert.Throws<InvalidDataException>(() => DataFiles.Read(_folder.File(name)).ToArray()).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named()
    {
        File.WriteAllBytes(_folder.File("a.jsonl"), [.. Encoding.UTF8.GetBytes("{\"q\":\"x"), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"}\n")]);
        Assert.Contains("not UTF-8", Assert.Throws<InvalidDataException>(() => DataFiles.Read(_folder.File("a.jsonl")).ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_a_split_are_found()
    {
        foreach (string name in (string[])["data/test-00001-of-00002.parquet", "data/test-00000-of-00002.parquet", "data/train-00000-of-00001.parquet", "readme.md"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
            File.WriteAllText(_folder.File(name), "");
        }

        Assert.Equal(["test-00000-of-00002.parquet", "test-00001-of-00002.parquet"], DataFiles.Find(_folder.Path, "test").Select(Path.GetFileName));
        Assert.Equal(3, DataFiles.Find(_folder.Path, "validation").Count);
        Assert.Throws<InvalidDataException>(() => DataFiles.Find(_folder.File("nowhere")));
        Directory.CreateDirectory(_folder.File("empty"));
        Assert.Contains("no file with one of the endings", Assert.Throws<InvalidDataException>(() => DataFiles.Find(_folder.File("empty"))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private sealed class Row
    {
        public string? Question { get; set; }

        public long Answer { get; set; }
    }

    private sealed class Message
    {
        public string? Role { get; set; }

        public string? Content { get; set; }
    }

    private sealed class Chat
    {
        public List<Message>? Messages { get; set; }

        public List<string>? Choices { get; set; }
    }
}
