using System.Globalization;
using System.Text.Json;
using Razum.Text.Jinja;

namespace Razum.Tests.Text.Jinja;

/// <summary>Every snippet of the goldens: its text or its error, and what its generation blocks wrote, exact.</summary>
[Trait("golden", "yes")]
public sealed class JinjaGoldenTests
{
    private static readonly string s_file = Path.Combine(Goldens.Root, "text", "jinja", "snippets.json");

    public static IEnumerable<TheoryDataRow<string>> Groups
    {
        get
        {
            using JsonDocument? json = File.Exists(s_file) ? JsonDocument.Parse(File.ReadAllBytes(s_file)) : null;
            return json is null ? [] : [.. Cases(json).Select(c => c.GetProperty("group").GetString()!).Distinct().Select(g => new TheoryDataRow<string>(g))];
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Groups))]
    public void Snippets(string group)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(s_file));
        DateTime now = DateTime.Parse(json.RootElement.GetProperty("now").GetString()!, CultureInfo.InvariantCulture);
        var wrong = new List<string>();
        foreach (JsonElement c in Cases(json).Where(c => c.GetProperty("group").GetString() == group))
        {
            if (Difference(c, now) is string difference)
            {
                wrong.Add($"{c.GetProperty("id").GetString()}: {c.GetProperty("template").GetRawText()}: {difference}");
            }
        }

        Goldens.Report("jinja", group, wrong.Count, 0);
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join("\n", wrong)}");
    }

    private static string? Difference(JsonElement c, DateTime now)
    {
        string? expected = c.TryGetProperty("text", out JsonElement text) ? text.GetString() : null;
        try
        {
            var template = new JinjaTemplate("snippet", c.GetProperty("template").GetString()!);
            var variables = c.GetProperty("context").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, JinjaVariables.From(p.Value)));
            (string actual, List<(int Start, int End)> generated) = template.Render(variables, now);
            if (expected != actual)
            {
                return $"expected {expected ?? c.GetProperty("error").GetString()}, got {JsonEncodedText.Encode(actual)}";
            }

            string spans = string.Join(",", generated.Select(g => $"[{CodePoints.Before(actual, g.Start)},{CodePoints.Before(actual, g.End)}]"));
            string wanted = c.TryGetProperty("generation", out JsonElement generation) ? string.Join(",", generation.EnumerateArray().Select(g => $"[{g[0]},{g[1]}]")) : "";
            return spans == wanted ? null : $"generation: expected {wanted}, got {spans}";
        }
        catch (JinjaException e)
        {
            bool raised = c.TryGetProperty("error", out JsonElement error) && error.GetString() == "TemplateError";
            return expected is not null ? $"expected a text, got {e.Message}"
                : raised && c.GetProperty("message").GetString() != e.Reason ? $"expected {c.GetProperty("message")}, got {e.Reason}" : null;
        }
    }

    private static IEnumerable<JsonElement> Cases(JsonDocument json) => json.RootElement.GetProperty("cases").EnumerateArray();
}
