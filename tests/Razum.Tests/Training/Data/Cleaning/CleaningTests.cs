using Razum.Training.Data;
using Razum.Training.Data.Cleaning;
using Razum.Training.Data.Files;

namespace Razum.Tests.Training.Data.Cleaning;

/// <summary>Repeated texts and texts that share words with questions of an evaluation are found, others are left alone.</summary>
public sealed class CleaningTests : IDisposable
{
    private const string Story = "A robe takes two bolts of blue fiber and half that much white fiber. How many bolts in total does it take?";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Exact_repetitions_are_found_whatever_their_case_and_spacing()
    {
        var seen = new Duplicates();
        Assert.Null(seen.Add("What is 2+3?"));
        Assert.Null(seen.Add("What is 2*3?"));
        Assert.Null(seen.Add("What is 23?"));
        Assert.Equal(0, seen.Add("what  is 2 + 3 ?!"));
        Assert.Equal(0, seen.Add("ｗｈａｔ is 2+3"));
        Assert.Null(seen.Add(""));
        Assert.Equal(5, seen.Add(" . "));
    }

    [Fact]
    public void Near_repetitions_are_found_and_others_are_not()
    {
        string[] words = [.. Enumerable.Range(0, 200).Select(i => $"w{i * 7919 % 1000}")];
        string Changed(int places) => string.Join(' ', words.Select((w, i) => places > 0 && i % (200 / places) == 0 ? "other" : w));
        var seen = new Duplicates(0.7);
        Assert.Null(seen.Add(string.Join(' ', words)));
        Assert.Equal(0, seen.Add(Changed(4))); // 4 of 200 words change 20 of 196 runs: 0.82 in common
        Assert.Null(seen.Add(Changed(40))); // every run changes
        Assert.Null(seen.Add(string.Join(' ', words.Reverse())));
        for (int i = 0; i < 300; i++)
        {
            Assert.Null(seen.Add($"problem {i}: add {i * i} and {i * 31} and then take {i + 7} away from the sum"));
        }
    }

    [Fact]
    public void Common_runs_of_words_are_found()
    {
        var clean = new Decontamination(10);
        clean.Add("gsm8k", Story);
        clean.Add("gsm8k", "How far does Ben walk in all?"); // 7 words: as a whole
        clean.Add("gsm8k", "What is 2+3?"); // 5 words with its sign
        clean.Add("short", "Why?");
        Assert.Equal(("gsm8k", 0), At("Once a robe takes TWO bolts of blue fiber - no: and half that much white fiber.".Replace(" - no:", "")));
        Assert.Null(clean.Check("x", "A robe takes two bolts of red fiber and half that of white fiber. How many bolts in all?"));
        Assert.Equal(("gsm8k", 1), At("Ben is at home. How far does Ben walk, in all? Nobody knows."));
        Assert.Equal(("gsm8k", 2), At("Tell me: what is 2 + 3"));
        Assert.Null(clean.Check("x", "What is 2*3?"));
        Assert.Equal(("short", 0), At("WHY"));
        Assert.Null(clean.Check("x", "Why not?"));
        Assert.Null(clean.Check("x", ""));
        Assert.Equal("how far does ben walk in all", clean.Check("x", "how far does ben walk in all")!.Words);
        Assert.Throws<ArgumentException>(() => new Decontamination(2));

        (string, int) At(string text) => clean.Check("x", text) is { } c ? (c.Set, c.Question) : ("none", -1);
    }

    [Fact]
    public void A_file_is_cleaned_with_a_report()
    {
        File.WriteAllLines(_folder.File("train.jsonl"),
        [
            """{"prompt":"What is four plus four?","answer":"eight"}""",
            $$"""{"prompt":"{{Story}}","answer":"three"}""",
            """{"prompt":"what is four plus FOUR","answer":"Eight."}""",
        ]);
        var against = new Decontamination(8);
        against.Add("gsm8k", Story);
        (IReadOnlyList<Conversation> kept, CleaningReport report) =
            new ConversationCleaning(new Duplicates(), against, new ConversationColumns()).Run([_folder.File("train.jsonl")]);
        Assert.Equal("What is four plus four?", Assert.Single(kept).Messages[0].Content);
        Assert.Equal((3, 1), (report.Read, report.Kept));
        Assert.EndsWith("line 3", Assert.Single(report.Duplicates).Where, StringComparison.Ordinal);
        Assert.EndsWith("line 1", report.Duplicates[0].Of, StringComparison.Ordinal);
        Assert.EndsWith("line 2", Assert.Single(report.Contaminated).Where, StringComparison.Ordinal);
        Assert.Contains("| 8 words in a row of gsm8k (1 questions) | 1 |", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains("\"kept\": 1", report.ToJson(), StringComparison.Ordinal);

        File.WriteAllText(_folder.File("none.jsonl"), "\n");
        Assert.Contains("no conversations", Assert.Throws<InvalidDataException>(
            () => new ConversationCleaning(new Duplicates(), null, new ConversationColumns()).Run([_folder.File("none.jsonl")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pass_rates_are_kept_and_make_a_window()
    {
        string file = _folder.File("rates.jsonl");
        PassRates rates = PassRates.Read(file);
        rates.Add("gcd 4 6", 8, 8);
        rates.Add("gcd 4 7", 4, 1);
        rates.Add("gcd 4 7", 4, 1);
        rates.Add("é \"x\"", 8, 0);
        rates.Write(file);
        rates = PassRates.Read(file);
        Assert.Equal([1, 0.25, 0, null], ((string[])["gcd 4 6", "gcd 4 7", "é \"x\"", "new"]).Select(rates.Of));
        Assert.Equal([false, true, false, true], ((string[])["gcd 4 6", "gcd 4 7", "é \"x\"", "new"]).Select(p => rates.IsWithin(p, 0.1, 0.9)));
        Assert.Equal([0, 0.75, 1, 1], ((string[])["gcd 4 6", "gcd 4 7", "é \"x\"", "new"]).Select(rates.Weight));
        foreach (string bad in (string[])["{}", """{"problem":"a","attempts":2,"correct":3}""", """{"problem":"gcd 4 6","attempts":2,"correct":1}""", "x"])
        {
            File.WriteAllText(_folder.File("bad.jsonl"), File.ReadAllText(file) + bad + "\n");
            Assert.Contains("bad.jsonl: line 4", Assert.Throws<InvalidDataException>(() => PassRates.Read(_folder.File("bad.jsonl"))).Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();
}
