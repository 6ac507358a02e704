using System.Globalization;
using System.Text.Json;
using Razum.Text.Splitting;

namespace Razum.Tests.Text;

/// <summary>The splitters against the recorded split points of the published patterns, and the character classes they stand on.</summary>
[Trait("golden", "yes")]
public sealed class SplitterGoldenTests
{
    private static readonly string s_folder = Path.Combine(Goldens.Root, "text", "regex");

    public static IEnumerable<TheoryDataRow<string>> Names =>
        (Directory.Exists(s_folder) ? Directory.EnumerateFiles(s_folder, "*.json") : [])
        .Select(f => Path.GetFileNameWithoutExtension(f)!).Where(n => n is not ("case" or "classes")).Order(StringComparer.Ordinal)
        .Select(n => new TheoryDataRow<string>(n));

    public static IEnumerable<TheoryDataRow<string>> Classes
    {
        get
        {
            string file = Path.Combine(s_folder, "classes.json");
            if (!File.Exists(file))
            {
                return [];
            }

            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            return [.. json.RootElement.GetProperty("classes").EnumerateArray().Select(c => new TheoryDataRow<string>(c.GetProperty("class").GetString()!))];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Ends(string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, name + ".json")));
        var steps = new List<SplitStep>();
        foreach (JsonElement pattern in json.RootElement.GetProperty("steps").EnumerateArray())
        {
            string text = pattern.GetString()!;
            steps.Add(new SplitStep(text == "DIGITS" ? @"\p{N}" : text));
        }

        int wrong = 0;
        string first = "";
        foreach (JsonElement c in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = c.GetProperty("text").GetString()!;
            int[] expected = [.. c.GetProperty("ends").EnumerateArray().Select(e => e.GetInt32())];
            int[] actual = [.. Pieces(text, steps).Select(end => text[..end].EnumerateRunes().Count())];
            bool same = expected.SequenceEqual(actual);
            wrong += same ? 0 : 1;
            first = same || first.Length > 0 ? first : $"{JsonEncodedText.Encode(text)}: expected [{string.Join(",", expected)}], got [{string.Join(",", actual)}]";
        }

        Goldens.Report(name, "ends", wrong, 0);
        Assert.True(wrong == 0, $"{wrong} differ; the first: {first}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Classes))]
    public void Members(string name)
    {
        var step = new SplitStep(name);
        RegexRun run = step.CreateRun();
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, "classes.json")));
        JsonElement ranges = json.RootElement.GetProperty("classes").EnumerateArray().First(c => c.GetProperty("class").GetString() == name).GetProperty("ranges");
        bool[] expected = new bool[0x110000];
        foreach (JsonElement range in ranges.EnumerateArray())
        {
            expected.AsSpan(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1).Fill(true);
        }

        int[] wrong = [.. Enumerable.Range(0, 0x110000).Where(c => c is < 0xD800 or > 0xDFFF && IsMember(c) != expected[c])];
        Goldens.Report("classes", name, wrong.Length, 0);
        Assert.True(wrong.Length == 0, $"{wrong.Length} differ: {string.Join(" ", wrong.Take(20).Select(c => c.ToString("X", CultureInfo.InvariantCulture)))}");

        bool IsMember(int c)
        {
            string text = char.ConvertFromUtf32(c);
            run.Begin(text.Length);
            return step.FindMatch(text, 0, run, out _, out _);
        }
    }

    private static List<int> Pieces(string text, List<SplitStep> steps)
    {
        var ends = new List<int>();
        if (text.Length > 0)
        {
            ends.Add(text.Length);
        }

        foreach (SplitStep step in steps)
        {
            var cut = new List<int>();
            int from = 0;
            foreach (int to in ends)
            {
                string piece = text[from..to];
                RegexRun run = step.CreateRun();
                run.Begin(piece.Length);
                for (int at = 0; step.Next(piece, at, run, out _, out int end); at = end)
                {
                    cut.Add(from + end);
                }

                from = to;
            }

            ends = cut;
        }

        return ends;
    }
}
