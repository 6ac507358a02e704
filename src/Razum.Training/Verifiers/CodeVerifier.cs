using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>
/// Runs the program of a completion (JavaScript, the last fenced block behind the thinking, or the answer part) against the tests of the problem's truth:
/// <c>{"tests": [{"input": "1 2\n", "output": "3\n"}]}</c> by <c>readline()</c> and <c>print()</c> or <c>console.log()</c>, or
/// <c>{"function": "add", "tests": [{"arguments": [1, 2], "result": 3}]}</c>. All must pass. See <see cref="Sandbox"/> for what a program may do.
/// </summary>
internal sealed partial class CodeVerifier(SandboxLimits limits) : Verifier
{
    public override string Name => "code";

    public static CodeVerifier Read(RunFields fields)
    {
        SandboxLimits limits = new();
        return new CodeVerifier(new SandboxLimits
        {
            Statements = fields.Whole("statements", limits.Statements),
            MemoryBytes = (long)fields.Whole("memory_mb", (int)(limits.MemoryBytes >> 20), most: 4096) << 20,
            Recursion = fields.Whole("recursion", limits.Recursion, most: 1000),
        });
    }

    public override string WrittenAnswer(Problem problem) => $"```js\n{problem.Answer}\n```";

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        if (problem.Truth?["tests"] is not JsonArray { Count: > 0 } tests)
        {
            return Verdict.Error($"{Name}: {problem.Source}: the problem has no tests");
        }

        if (!completion.Ended)
        {
            return Verdict.NoAnswer("cut off");
        }

        if (Program(completion.Final) is not { } program)
        {
            return Verdict.NoAnswer("no program in a fenced block or an answer part");
        }

        string? function = (string?)problem.Truth["function"];
        for (int i = 0; i < tests.Count; i++)
        {
            JsonObject test = tests[i] as JsonObject ?? throw new InvalidDataException($"test {i} is no object");
            SandboxResult result = function is null
                ? Sandbox.Run(program, Text(test, "input", i), limits)
                : Sandbox.Call(program, function, test["arguments"] as JsonArray ?? throw new InvalidDataException($"test {i} has no arguments"), limits);
            if (result.IsTimeout)
            {
                return Verdict.Error($"{Name}: {problem.Source}: test {i} took too long by the clock, which is no verdict");
            }

            bool passed = result.Fault is null
                && (function is null ? SameLines(result.Output, Text(test, "output", i)) : IsJson(result.Output, test["result"]));
            if (!passed)
            {
                return Verdict.Wrong(program, $"test {i} of {tests.Count}: {result.Fault ?? "another result"}");
            }
        }

        return Verdict.Correct(program);
    }

    // A program may have replaced JSON.stringify: what is no JSON is wrong, not an error.
    private static bool IsJson(string output, JsonNode? expected)
    {
        try
        {
            return JsonNode.DeepEquals(JsonNode.Parse(output), expected);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Program(string text)
    {
        MatchCollection blocks = Block().Matches(text);
        return blocks.Count > 0 ? blocks[^1].Groups[1].Value : Part().Match(text) is { Success: true } part ? part.Groups[1].Value : null;
    }

    private static string Text(JsonObject test, string name, int number) =>
        test[name] is JsonValue value && value.TryGetValue(out string? text) ? text : throw new InvalidDataException($"test {number} has no text \"{name}\"");

    // White space at the ends of lines and of the output does not count.
    private static bool SameLines(string output, string expected) => Lines(output).SequenceEqual(Lines(expected));

    private static IEnumerable<string> Lines(string text) => text.TrimEnd().Split('\n').Select(l => l.TrimEnd());

    [GeneratedRegex(@"```(?:js|javascript|JavaScript)?[ \t]*\r?\n((?:(?!```)[\s\S])*)```", RegexOptions.CultureInvariant)]
    private static partial Regex Block();

    [GeneratedRegex(@"<answer>((?:(?!</?answer>)[\s\S])+)</answer>", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
