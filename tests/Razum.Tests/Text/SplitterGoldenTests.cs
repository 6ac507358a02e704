using System.Globalization;
using System.Text.Json;
using Razum.Text.Splitting;

namespace Razum.Tests.Text;

/// <summary>The hand-written splitters against the recorded split points of the published patterns, and the character classes they stand on.</summary>
public sealed class SplitterGoldenTests
{
    /// <summary>Patterns the loader must know; others may be unknown and are then skipped.</summary>
    private static readonly string[] s_required = ["deepseek-v3", "deepseek-v3-step2", "deepseek-v3-step3", "llama3", "qwen2", "gpt2"];

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
            SplitStep? step = text == "DIGITS" ? SplitPattern.Digits(individual: true) : SplitPattern.TryParse(text);
            if (step is null && !s_required.Contains(name))
            {
                Assert.Skip($"{name}: unknown pattern {text}");
            }

            Assert.NotNull(step);
            steps.Add(step);
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
        Func<int, bool>? isMember = Membership(name);
        Assert.SkipWhen(isMember is null, $"{name}: no splitter needs this class");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, "classes.json")));
        JsonElement ranges = json.RootElement.GetProperty("classes").EnumerateArray().First(c => c.GetProperty("class").GetString() == name).GetProperty("ranges");
        bool[] expected = new bool[0x110000];
        foreach (JsonElement range in ranges.EnumerateArray())
        {
            expected.AsSpan(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1).Fill(true);
        }

        int[] wrong = [.. Enumerable.Range(0, 0x110000).Where(c => c is < 0xD800 or > 0xDFFF && isMember!(c) != expected[c])];
        Goldens.Report("classes", name, wrong.Length, 0);
        Assert.True(wrong.Length == 0, $"{wrong.Length} differ: {string.Join(" ", wrong.Take(20).Select(c => c.ToString("X", CultureInfo.InvariantCulture)))}");
    }

    private static Func<int, bool>? Membership(string name)
    {
        if (name.StartsWith("(?i:", StringComparison.Ordinal))
        {
            // A folded letter shows in the contractions: 's 't 'm 'd alone, r and v before e, l and e with their partners.
            return name[4] switch
            {
                's' or 't' or 'm' or 'd' => c => Contracts(c, "", 2) && SameLetter(name[4], c),
                'r' or 'v' => c => Contracts(c, "e", 3) && SameLetter(name[4], c),
                'e' => c => Contracts('r', char.ConvertFromUtf32(c), 3),
                'l' => c => Contracts(c, "l", 3),
                _ => null,
            };
        }

        uint? mask = name switch
        {
            @"\p{L}" => CharClass.Letter,
            @"\p{M}" => CharClass.Mark,
            @"\p{N}" => CharClass.Number,
            @"\p{P}" => CharClass.Punctuation,
            @"\p{S}" => CharClass.Symbol,
            @"\s" => CharClass.Blank,
            @"\p{Lu}" => 1u << (int)UnicodeCategory.UppercaseLetter,
            @"\p{Ll}" => 1u << (int)UnicodeCategory.LowercaseLetter,
            @"\p{Lt}" => 1u << (int)UnicodeCategory.TitlecaseLetter,
            @"\p{Lm}" => 1u << (int)UnicodeCategory.ModifierLetter,
            @"\p{Lo}" => 1u << (int)UnicodeCategory.OtherLetter,
            _ => null,
        };
        return mask is uint bits ? c => (CharClass.At(char.ConvertFromUtf32(c), 0, out _) & bits) != 0 : null;
    }

    // Is 'c + tail one piece of the given length, though more letters stand behind it? (Other letters would join those.)
    private static bool Contracts(int c, string tail, int length)
    {
        string text = "'" + char.ConvertFromUtf32(c) + tail + "zz";
        return CharClass.Is(text, 1, CharClass.Letter) && new Cl100kStep(3).Next(text, 0, out _, out int end) && end == length;
    }

    // The letter classes of 's, 't, 'm, 'd look alike from outside: tell them apart by case.
    private static bool SameLetter(char letter, int c) => c == letter || c == char.ToUpperInvariant(letter) || (letter == 's' && c > 0x7F);

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
                int at = 0;
                while (step.Next(piece, at, out int start, out int end))
                {
                    if (start > at)
                    {
                        cut.Add(from + start);
                    }

                    cut.Add(from + end);
                    at = end;
                }

                if (at < piece.Length)
                {
                    cut.Add(to);
                }

                from = to;
            }

            ends = cut;
        }

        return ends;
    }
}
