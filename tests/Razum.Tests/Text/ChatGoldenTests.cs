using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Text;
using Razum.Text.Jinja;

namespace Razum.Tests.Text;

/// <summary>Published chat templates: their text for every conversation, the ids of that text, and the masks of generation blocks; all exact.</summary>
[Trait("golden", "yes")]
public sealed class ChatGoldenTests
{
    private static readonly string s_text = Path.Combine(Goldens.Root, "text");

    public static IEnumerable<TheoryDataRow<string>> Templates => Goldens.Cases("text/templates").Select(f => new TheoryDataRow<string>(Path.GetFileName(f)));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Templates))]
    public void Renders(string name)
    {
        using JsonDocument json = Read("templates", name, "renders.json");
        DateTime now = Now(json);
        var template = new JinjaTemplate(name, File.ReadAllText(Path.Combine(s_text, "templates", name, "template.jinja")));
        var wrong = new List<string>();
        foreach (JsonElement c in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (Difference(template, c, json.RootElement.GetProperty("specials"), now) is string difference)
            {
                wrong.Add($"{c.GetProperty("id").GetString()}: {difference}");
            }
        }

        Goldens.Report(name, "text", wrong.Count, 0);
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join("\n", wrong)}");
    }

    [Fact]
    public void Ids()
    {
        string file = Path.Combine(s_text, "chats", "chats.json");
        Assert.SkipUnless(File.Exists(file), $"{file} is not there");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        var tokenizers = new Dictionary<string, Tokenizer>();
        int wrong = 0, skipped = 0;
        foreach (JsonElement c in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = c.GetProperty("tokenizer").GetString()!, template = c.GetProperty("template").GetString()!;
            if (!Directory.Exists(Path.Combine(s_text, "tokenizers", name)) || !Directory.Exists(Path.Combine(s_text, "templates", template)))
            {
                skipped++;
                continue;
            }

            using JsonDocument renders = Read("templates", template, "renders.json");
            string text = renders.RootElement.GetProperty("cases").EnumerateArray()
                .First(r => r.GetProperty("id").GetString() == c.GetProperty("conversation").GetString()).GetProperty("text").GetString()!;
            wrong += Load(tokenizers, name).Encode(text).SequenceEqual(Numbers(c.GetProperty("ids"))) ? 0 : 1;
        }

        Goldens.Report("chats", "ids", wrong, 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{skipped} conversations of tokenizers or templates that are not here");
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Masks()
    {
        string file = Path.Combine(s_text, "chats", "masks.json");
        Assert.SkipUnless(File.Exists(file), $"{file} is not there");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        string template = json.RootElement.GetProperty("template").GetString()!;
        var tokenizers = new Dictionary<string, Tokenizer>();
        int wrong = 0;
        foreach (JsonElement c in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = c.GetProperty("tokenizer").GetString()!;
            if (!Directory.Exists(Path.Combine(s_text, "tokenizers", name)))
            {
                continue;
            }

            var variables = new Dictionary<string, object?> { ["messages"] = JinjaVariables.From(c.GetProperty("messages")) };
            (string text, List<(int Start, int End)> spans) = new JinjaTemplate("masks", template).Render(variables, DateTime.UnixEpoch);
            (int[] ids, bool[] mask) = new MaskedText(text, spans).Encode(Load(tokenizers, name));
            bool same = text == c.GetProperty("text").GetString() && ids.SequenceEqual(Numbers(c.GetProperty("ids")))
                && string.Concat(mask.Select(m => m ? '1' : '0')) == c.GetProperty("mask").GetString();
            wrong += same ? 0 : 1;
        }

        Goldens.Report("chats", "masks", wrong, 0);
        Assert.Equal(0, wrong);
    }

    private static string? Difference(JinjaTemplate template, JsonElement c, JsonElement specials, DateTime now)
    {
        string? expected = c.TryGetProperty("text", out JsonElement text) ? text.GetString() : null;
        string? actual = null;
        try
        {
            JsonArray messages = JsonNode.Parse(c.GetProperty("messages").GetRawText())!.AsArray();
            foreach (JsonObject message in messages.Cast<JsonObject>())
            {
                if (message["reasoning_content"] is JsonNode reasoning)
                {
                    message["thinking"] = reasoning.DeepClone();
                }
            }

            var variables = new Dictionary<string, object?> { ["documents"] = null, ["add_generation_prompt"] = false };
            foreach (JsonProperty p in specials.EnumerateObject().Concat(c.GetProperty("kwargs").EnumerateObject()))
            {
                variables[p.Name] = JinjaVariables.From(p.Value);
            }

            bool continues = variables.Remove("continue_final_message", out object? flag) && flag is true;
            using JsonDocument copied = JsonDocument.Parse(messages.ToJsonString());
            variables["messages"] = JinjaVariables.From(copied.RootElement);
            variables["tools"] = JinjaVariables.From(c.GetProperty("tools"));
            actual = template.Render(variables, now).Text;
            if (continues)
            {
                string last = messages[^1]!["content"]!.GetValue<string>().Trim();
                actual = Cut(actual, last, messages[^1]!["content"]!.GetValue<string>());
            }
        }
        catch (JinjaException e)
        {
            bool raised = c.TryGetProperty("error", out JsonElement error) && error.GetString() == "TemplateError";
            return expected is not null ? $"expected a text, got {e.Message}"
                : raised && c.GetProperty("message").GetString() != e.Reason ? $"expected {c.GetProperty("message")}, got {e.Reason}" : null;
        }

        return expected == actual ? null : expected is null ? $"expected {c.GetProperty("message")}, got {actual}" : $"\nexpected {JsonEncodedText.Encode(expected)}\ngot      {JsonEncodedText.Encode(actual)}";
    }

    // Right behind the last message's content; its own blanks at the end only where the template kept them.
    private static string Cut(string text, string trimmed, string content)
    {
        int at = text.LastIndexOf(trimmed, StringComparison.Ordinal);
        int whole = text.LastIndexOf(content, StringComparison.Ordinal);
        return whole >= 0 ? text[..(whole + content.Length)] : text[..(at + trimmed.Length)];
    }

    private static DateTime Now(JsonDocument json) => DateTime.Parse(json.RootElement.GetProperty("now").GetString()!, CultureInfo.InvariantCulture);

    private static JsonDocument Read(string group, string name, string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_text, group, name, file)));

    private static Tokenizer Load(Dictionary<string, Tokenizer> loaded, string name) =>
        loaded.TryGetValue(name, out Tokenizer? known) ? known : loaded[name] = Tokenizer.Load(Path.Combine(s_text, "tokenizers", name));

    private static IEnumerable<int> Numbers(JsonElement array) => array.EnumerateArray().Select(e => e.GetInt32());
}
