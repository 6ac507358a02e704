using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Tests.Text;

/// <summary>Every parser row of the goldens: what is released after each chunk, the calls, and the same answer however the text is cut.</summary>
[Trait("golden", "yes")]
public sealed class ToolCallParserTests
{
    private static readonly string s_file = Path.Combine(Goldens.Root, "text", "parsers", "parsers.json");

    public static IEnumerable<TheoryDataRow<string>> Formats
    {
        get
        {
            using JsonDocument? json = File.Exists(s_file) ? JsonDocument.Parse(File.ReadAllBytes(s_file)) : null;
            return json is null ? [] : [.. Rows(json).Select(c => c.GetProperty("format").GetString()!).Distinct().Select(f => new TheoryDataRow<string>(f))];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Formats))]
    public void Released(string format)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(s_file));
        var wrong = new List<string>();
        foreach (JsonElement row in Rows(json).Where(r => r.GetProperty("format").GetString() == format))
        {
            if (Difference(row) is string difference)
            {
                wrong.Add($"{row.GetProperty("id").GetString()}: {difference}");
            }
        }

        Goldens.Report("parsers", format, wrong.Count, 0);
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join("\n", wrong)}");
    }

    private static string? Difference(JsonElement row)
    {
        string[] chunks = [.. row.GetProperty("chunks").EnumerateArray().Select(c => c.GetString()!)];
        ToolCallParser parser = Parser(row);
        ToolCallDelta[] actual = [.. chunks.Select(c => parser.Append(c)), parser.Finish()];
        string[] expected = [.. row.GetProperty("released").EnumerateArray().Select(r => $"{r[0]}|{r[1]}")];
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] != $"{actual[i].Reasoning}|{actual[i].Content}")
            {
                return $"released {i}: expected {expected[i]}, got {actual[i].Reasoning}|{actual[i].Content}";
            }
        }

        string whole = string.Concat(chunks), wanted = Describe(row);
        for (int size = 1; size <= whole.Length + 1; size++)
        {
            ToolCallParser anew = Parser(row);
            StringBuilder reasoning = new(), content = new();
            List<ToolCall> calls = [];
            ToolCallDelta[] deltas = [.. whole.Chunk(size).Select(c => anew.Append(c)), anew.Finish()];
            foreach (ToolCallDelta delta in deltas)
            {
                reasoning.Append(delta.Reasoning);
                content.Append(delta.Content);
                calls.AddRange(delta.ToolCalls);
            }

            string got = $"{reasoning}|{content}|{string.Join("|", calls.Select(c => $"{c.Id},{c.Name},{Normal(c.Arguments)}"))}";
            if (got != wanted)
            {
                return $"chunks of {size}: expected {wanted}, got {got}";
            }
        }

        return null;
    }

    private static string Describe(JsonElement row) => $"{row.GetProperty("reasoning")}|{row.GetProperty("content")}|" + string.Join("|", row.GetProperty("tool_calls").EnumerateArray()
        .Select(c => $"{(c.TryGetProperty("id", out JsonElement id) ? id.GetString() : null)},{c.GetProperty("name")},{Normal(c.GetProperty("arguments").GetString()!)}"));

    // Arguments compare as JSON values, as text where they are none.
    private static string Normal(string arguments)
    {
        try
        {
            return JsonNode.Parse(arguments)?.ToJsonString() ?? "null";
        }
        catch (JsonException)
        {
            return arguments;
        }
    }

    private static ToolCallParser Parser(JsonElement row) => new(row.GetProperty("format").GetString() switch
    {
        "none" => ToolCallFormat.None,
        "deepseek-v3" => ToolCallFormat.DeepSeekV3,
        "deepseek-v3.1" => ToolCallFormat.DeepSeekV31,
        "hermes" => ToolCallFormat.Hermes,
        "llama3-json" => ToolCallFormat.Llama3Json,
        "kimi-k2" => ToolCallFormat.KimiK2,
        string other => throw new InvalidDataException($"unknown format {other}"),
        null => throw new InvalidDataException("no format"),
    }, row.GetProperty("start").GetString() == "reasoning");

    private static IEnumerable<JsonElement> Rows(JsonDocument json) => json.RootElement.GetProperty("cases").EnumerateArray();
}
