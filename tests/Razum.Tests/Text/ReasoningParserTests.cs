using System.Text;
using System.Text.Json;
using Razum.Text.Parsers;

namespace Razum.Tests.Text;

/// <summary>The parser rows without tool calls: what is released after each chunk, and the same answer however the text is cut.</summary>
public sealed class ReasoningParserTests
{
    private static readonly string s_file = Path.Combine(Goldens.Root, "text", "parsers", "parsers.json");

    public static IEnumerable<TheoryDataRow<string>> Ids
    {
        get
        {
            using JsonDocument? json = File.Exists(s_file) ? JsonDocument.Parse(File.ReadAllBytes(s_file)) : null;
            return json is null ? [] : [.. Rows(json).Select(c => new TheoryDataRow<string>(c.GetProperty("id").GetString()!))];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Ids))]
    public void Released(string id)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(s_file));
        JsonElement row = Rows(json).First(c => c.GetProperty("id").GetString() == id);
        bool startsInReasoning = row.GetProperty("start").GetString() == "reasoning";
        string[] chunks = [.. row.GetProperty("chunks").EnumerateArray().Select(c => c.GetString()!)];
        var parser = new ReasoningParser(startsInReasoning);
        ReasoningDelta[] actual = [.. chunks.Select(c => parser.Append(c)), parser.Finish()];
        ReasoningDelta[] expected = [.. row.GetProperty("released").EnumerateArray().Select(r => new ReasoningDelta(r[0].GetString()!, r[1].GetString()!))];
        Assert.Equal(expected, actual);

        string whole = string.Concat(chunks);
        for (int size = 1; size <= whole.Length + 1; size++)
        {
            var anew = new ReasoningParser(startsInReasoning);
            StringBuilder reasoning = new(), content = new();
            foreach (char[] chunk in whole.Chunk(size))
            {
                Add(anew.Append(chunk));
            }

            Add(anew.Finish());
            Assert.Equal(row.GetProperty("reasoning").GetString(), reasoning.ToString());
            Assert.Equal(row.GetProperty("content").GetString(), content.ToString());

            void Add(ReasoningDelta delta)
            {
                reasoning.Append(delta.Reasoning);
                content.Append(delta.Content);
            }
        }

        Goldens.Report(id, "released", 0, 0);
    }

    private static IEnumerable<JsonElement> Rows(JsonDocument json) =>
        json.RootElement.GetProperty("cases").EnumerateArray()
            .Where(c => c.GetProperty("format").GetString() == "none" && c.GetProperty("tool_calls").GetArrayLength() == 0);
}
