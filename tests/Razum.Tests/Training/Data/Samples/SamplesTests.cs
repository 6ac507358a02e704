using Razum.Training.Data;
using Razum.Training.Data.Samples;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data.Samples;

/// <summary>Which samples are trained on, and a file of them that outlives its process.</summary>
public sealed class SamplesTests : IDisposable
{
    private static readonly SampleSettings s_settings = new("nano", "gcd", 1, 1, 256, 1);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Correct_readable_different_short_samples_are_kept()
    {
        Sample[] samples =
        [
            Make("a", 0, "9%6=3;6%3=0", "3", tokens: 12),
            Make("a", 1, "9%6=3; 6%3=0", "3"),
            Make("a", 2, "6%3=0", "3", tokens: 7),
            Make("a", 3, "", "3", tokens: 2),
            Make("a", 4, "it is", "4", TaskOutcome.Wrong),
            Make("a", 5, string.Concat(Enumerable.Repeat("wait, ", 30)), "3"),
            Make("a", 6, "because", "3", tokens: 9),
            Make("b", 0, "x", "1"),
            Make("b", 1, "", "", TaskOutcome.Truncated),
        ];
        (IReadOnlyList<Sample> kept, RejectionReport report) =
            RejectionSampling.Select(samples.Reverse(), new RejectionOptions { MostPerProblem = 2, Shortest = true, ThinkingOnly = true });
        Assert.Equal([("a", 2), ("a", 6), ("b", 0)], kept.Select(s => (s.Problem, s.Draw)));
        Assert.Equal(
            new RejectionReport { Given = 9, NotCorrect = 2, Unreadable = 1, Thoughtless = 1, Repeated = 1, Surplus = 1, Kept = 3, Problems = (2, 2) }, report);
        Assert.Equal([new("user", "gcd?"), new("assistant", "3", "6%3=0")], RejectionSampling.ToConversation(kept[0]).Messages);

        (kept, report) = RejectionSampling.Select(samples, new RejectionOptions { HighestPassRate = 0.6 });
        Assert.Equal(("b", 7), (Assert.Single(kept).Problem, report.Easy));
        PassRates rates = RejectionSampling.Rates(samples);
        Assert.Equal((6 / 7.0, 0.5), (rates.Of("a"), rates.Of("b")));
        Assert.Empty(RejectionSampling.Select([], new RejectionOptions()).Kept);
    }

    [Theory]
    [InlineData("0e1o0o1e0e0e0e0e0e0e0e", "parity of 01", true)]
    [InlineData("a quite usual line\nwith another\tone", "hi", true)]
    [InlineData("α + β", "angles", true)]
    [InlineData("we add 想一想 them 再加上 up", "add", false)]
    [InlineData("想一想", "加上?", true)]
    [InlineData("a\u0007bell", "hi", false)]
    [InlineData("a\uFFFDb", "hi", false)]
    public void Readable_is_what_a_person_reads(string text, string prompt, bool readable) => Assert.Equal(readable, Readability.IsReadable(text, prompt));

    [Fact]
    public void Loops_are_not_readable()
    {
        foreach (int period in (int[])[1, 2, 7, 64])
        {
            string piece = string.Concat(Enumerable.Range(0, period).Select(i => (char)('a' + (i * 7 % 26))));
            Assert.False(Readability.IsReadable("so: " + string.Concat(Enumerable.Repeat(piece, Math.Max(4, 100 / period))) + " end", "hi"));
            Assert.True(Readability.IsReadable("so: " + string.Concat(Enumerable.Repeat(piece, 3)) + " end", "hi"));
        }
    }

    [Fact]
    public void A_file_goes_on_where_it_was()
    {
        string path = _folder.File("deep/samples.jsonl");
        using (SampleFile file = SampleFile.Open(path, s_settings))
        {
            file.Add(Make("a", 0, "é", "3"));
            file.Add(Make("a", 1, "x", "3"));
        }

        File.AppendAllText(path, """{"family":"gcd","prob"""); // the process died here
        Assert.Equal(2, SampleFile.Read([path]).Samples.Count);
        using (SampleFile file = SampleFile.Open(path, s_settings))
        {
            Assert.Equal([(0, 0), (0, 1)], file.Done.Order());
            file.Add(Make("b", 0, "x", "3"));
        }

        Assert.Equal(["a", "a", "b"], SampleFile.Read([path]).Samples.Select(s => s.Problem));
        Assert.Contains("other settings", Assert.Throws<InvalidDataException>(() => SampleFile.Open(path, s_settings with { Seed = 2 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("not json\n")]
    public void Other_files_are_refused(string content)
    {
        string path = _folder.File("other.jsonl");
        File.WriteAllText(path, content);
        Assert.Contains("other.jsonl: line 1", Assert.Throws<InvalidDataException>(() => SampleFile.Read([path])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => SampleFile.Read([_folder.File("nowhere.jsonl")]));
    }

    [Fact]
    public void Damaged_lines_are_named()
    {
        string path = _folder.File("samples.jsonl");
        SampleFile.Open(path, s_settings).Dispose();
        foreach (string bad in (string[])["{}", "null", """{"family":"gcd","problem":null}""", "[]"])
        {
            File.WriteAllText(_folder.File("bad.jsonl"), File.ReadAllText(path) + bad + "\n");
            Assert.Contains("bad.jsonl: line 2", Assert.Throws<InvalidDataException>(() => SampleFile.Read([_folder.File("bad.jsonl")])).Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static Sample Make(string problem, int draw, string reasoning, string answer, TaskOutcome outcome = TaskOutcome.Correct, int tokens = 20) =>
        new("gcd", problem, problem[0] - 'a', draw, "gcd?", reasoning, answer, outcome, tokens, -3.5);
}
