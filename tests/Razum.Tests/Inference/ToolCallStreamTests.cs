using System.Text.Json;
using Razum.Inference;
using Razum.Inference.Text;
using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Tests.Inference;

/// <summary>
/// Calls of tools in the engine's stream, a byte at a time: every golden row of the parsers through an engine, in pieces and collected; stop strings; tags that
/// are control tokens.
/// </summary>
[Trait("golden", "yes")]
public sealed class ToolCallStreamTests
{
    private static readonly string s_file = Path.Combine(Goldens.Root, "text", "parsers", "parsers.json");
    private static readonly ModelInfo s_info = new("script", TestTokenizer.Instance.VocabSize, 4096, [TestTokenizer.End]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_golden_answer_comes_as_text_and_calls()
    {
        Assert.SkipUnless(File.Exists(s_file), $"{s_file} is not there");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(s_file));
        JsonElement[] rows = [.. json.RootElement.GetProperty("cases").EnumerateArray()];
        string[] texts = [.. rows.Select(r => string.Concat(r.GetProperty("chunks").EnumerateArray().Select(c => c.GetString())))];
        await using Engine engine = Open(i => texts[i]);
        await Parallel.ForAsync(0, 2 * rows.Length, Token, async (i, token) =>
        {
            JsonElement row = rows[i / 2];
            GenerationRequest request = Request(i / 2, Format(row.GetProperty("format").GetString()!)) with
            {
                StartsInReasoning = row.GetProperty("start").GetString() == "reasoning",
                Collected = i % 2 == 1,
            };
            Answer answer = await Answer.Collect(engine, request, token);
            ToolCallPart[] calls = Calls(answer);
            string id = row.GetProperty("id").GetString()!;
            Assert.Equal((id, row.GetProperty("reasoning").GetString(), row.GetProperty("content").GetString()), (id, answer.Reasoning, answer.Text));
            Assert.Equal(
                row.GetProperty("tool_calls").EnumerateArray().Select(c => (c.TryGetProperty("id", out JsonElement own) ? own.GetString() : null, c.GetProperty("name").GetString())),
                calls.Select(c => (c.Id, c.Name)));
            Assert.Equal(Enumerable.Range(0, calls.Length), calls.Select(c => c.Index));
            Assert.Equal(calls.Length > 0 ? FinishReason.ToolCalls : FinishReason.Stop, answer.Finish);
            Assert.Equal([.. TestTokenizer.Bytes(texts[i / 2]), TestTokenizer.End], answer.Ids);
            Assert.Equal(calls.Length > 0, answer.Chunks.Any(c => c.Kind == ChunkKind.ToolCalls));
            Assert.True(!request.Collected || answer.Chunks.Length <= 3);
        });
    }

    [Theory]
    [InlineData("Before. <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call> STOP", null, "Before.", "f", FinishReason.ToolCalls)]
    [InlineData("Before. STOP <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", null, "Before. ", "", FinishReason.Stop)]
    [InlineData("x <tool_call>{\"name\": \"f\", \"argu STOP ments\": {}}</tool_call>", null, "x <tool_call>{\"name\": \"f\", \"argu ", "", FinishReason.Stop)]
    [InlineData("x <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", 20, "x <tool_call>{\"name\"", "", FinishReason.Length)]
    [InlineData("<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", 41, "", "f", FinishReason.Length)]
    [InlineData("a <tool_call>{\"name\": 3}</tool_call> b", null, "a <tool_call>{\"name\": 3}</tool_call> b", "", FinishReason.Stop)]
    [InlineData("<think>I <tool_call></think>b<tool_call>{\"name\": \"f\"}</tool_call>c<tool_call>{\"name\": \"g\"}</tool_call>", null, "b\nc", "fg", FinishReason.ToolCalls)]
    public async Task Stop_strings_limits_and_malformed_calls(string said, int? most, string text, string names, FinishReason finish)
    {
        await using Engine engine = Open(_ => said);
        foreach (bool collected in (bool[])[false, true])
        {
            GenerationRequest request = Request(0, ToolCallFormat.Hermes) with { StopStrings = ["STOP"], MaxTokens = most, Collected = collected };
            Answer answer = await Answer.Collect(engine, request, Token);
            Assert.Equal((text, names, finish), (answer.Text, string.Concat(Calls(answer).Select(c => c.Name)), answer.Finish));
            Answer plain = await Answer.Collect(engine, request with { ToolCalls = ToolCallFormat.None, MaxTokens = most, StopStrings = [] }, Token);
            Assert.Empty(Calls(plain));
            Assert.Contains(plain.Text, said, StringComparison.Ordinal);
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [InlineData("deepseek-v3", ToolCallFormat.DeepSeekV31, "Yes.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", null)]
    [InlineData("kimi-k2", ToolCallFormat.KimiK2, "Yes.<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|><|tool_calls_section_end|>", "functions.f:0")]
    [InlineData("qwen3", ToolCallFormat.Hermes, "Yes.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>", null)]
    public void Tags_may_be_control_tokens(string name, ToolCallFormat format, string said, string? id)
    {
        string folder = Path.Combine(Goldens.Root, "text", "tokenizers", name);
        Assert.SkipUnless(Directory.Exists(folder), $"{folder} is not there");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        int[] tokens = tokenizer.Encode(said);
        Assert.All(ToolCallParser.TagsOf(format), tag => Assert.Contains(tokenizer.TokenToId(tag)!.Value, tokens));
        var text = new AnswerText(tokenizer, Request(0, format));
        ToolCallDelta whole = new("", "", []);
        foreach (int token in tokens)
        {
            whole = AnswerText.Join(whole, text.Append(token));
        }

        whole = AnswerText.Join(whole, text.Finish());
        Assert.Equal("Yes.", whole.Content);
        Assert.Equal(new ToolCall("f", "{\"a\": 1}", id), Assert.Single(whole.ToolCalls));
    }

    private static Engine Open(Func<int, string> said) => new(
        new ScriptModel(s_info.VocabSize, s => [.. TestTokenizer.Bytes(said((s.Tokens[0] * 200) + s.Tokens[1])), TestTokenizer.End]),
        s_info, TestTokenizer.Instance, new EngineOptions { SharePrefixes = false });

    /// <summary>The prompt is the number of what is to be said.</summary>
    private static GenerationRequest Request(int number, ToolCallFormat format) =>
        new() { Prompt = [number / 200, number % 200], ToolCalls = format, Sampling = SamplingOptions.Greedy };

    private static ToolCallPart[] Calls(Answer answer) => [.. answer.Chunks.SelectMany(c => c.ToolCalls)];

    private static ToolCallFormat Format(string name) => name switch
    {
        "deepseek-v3" => ToolCallFormat.DeepSeekV3,
        "deepseek-v3.1" => ToolCallFormat.DeepSeekV31,
        "hermes" => ToolCallFormat.Hermes,
        "llama3-json" => ToolCallFormat.Llama3Json,
        "kimi-k2" => ToolCallFormat.KimiK2,
        "none" => ToolCallFormat.None,
        _ => throw new InvalidDataException($"unknown format {name}"),
    };
}
