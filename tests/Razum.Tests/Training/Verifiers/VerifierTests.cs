using System.Text.Json.Nodes;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Verifiers;

/// <summary>Every registered verifier, then those beside mathematics one by one.</summary>
public sealed class VerifierTests
{
    public static IEnumerable<TheoryDataRow<string>> Names() => VerifierRegistry.Names.Select(n => new TheoryDataRow<string>(n));

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryVerifierAcceptsTheRightAnswerAndRefusesNothing(string name)
    {
        Reward reward = RewardTests.Read($$"""[{"verifier": "{{name}}"{{(name == "length" ? ", \"most\": 100" : "")}}}]""");
        Verifier verifier = Assert.Single(reward.Parts).Verifier;
        Assert.Equal(name, verifier.Name);
        Problem problem = Example(name);
        Assert.Equal(VerdictOutcome.Correct, verifier.Verify(problem, VerifierSelfTest.Ideal(verifier, problem)).Outcome);
        if (verifier.JudgesAnswer)
        {
            VerifierSelfTest.Run(reward, [problem]);
            Assert.Equal(VerdictOutcome.Error, verifier.Verify(problem with { Answer = "", Truth = null }, new Completion("7", true, 1)).Outcome);
        }
        else
        {
            Assert.Throws<InvalidDataException>(() => VerifierSelfTest.Run(reward, [problem]));
        }
    }

    [Fact]
    public void TheSelfTestSaysWhatIsWrong()
    {
        Reward math = RewardTests.Read("""[{"verifier": "math", "policy": "evaluation"}]""");
        Assert.StartsWith("'math' calls the right answer of a problem an error", Fault(math, new Problem { Prompt = "?", Answer = "((" }));
        Assert.StartsWith("'math' rewards the prompt itself", Fault(math, new Problem { Prompt = "What comes after 6: 7?", Answer = "7" }));
        Assert.StartsWith("there are no problems", Assert.Throws<InvalidDataException>(() => VerifierSelfTest.Run(math, [])).Message);

        static string Fault(Reward reward, Problem problem) => Assert.Throws<InvalidDataException>(() => VerifierSelfTest.Run(reward, [problem])).Message;
    }

    [Theory]
    [InlineData("latin", "We know that x is small.", 1)]
    [InlineData("cyrillic", "Пусть x равен 5, \\frac{1}{2}", 1)]
    [InlineData("cyrillic", "Пусть this равен that", 0.5)]
    [InlineData("han", "我们 know", 2.0 / 3)]
    [InlineData("japanese", "これは本 ok", 2.0 / 3)]
    [InlineData("latin", "5 + 7", 0)]
    public void Languages(string script, string thinking, double share) =>
        Assert.Equal(share, new LanguageVerifier(script, true).Verify(Example("exact"), new Completion($"{thinking}</think>да", true, 1, "<think>")).Score, 1e-12);

    [Theory]
    [InlineData("a b c d e", 0)]
    [InlineData("a b c a b c", -0.25)]
    [InlineData("a a a a a a", -0.75)]
    [InlineData("a b", 0)]
    public void Repetitions(string text, double score) =>
        Assert.Equal(score, new RepetitionVerifier(3, false).Verify(Example("exact"), new Completion(text, true, 1)).Score, 1e-12);

    [Theory]
    [InlineData(80, 0)]
    [InlineData(90, -0.5)]
    [InlineData(100, -1)]
    [InlineData(1000, -1)]
    public void Lengths(int tokens, double score) =>
        Assert.Equal(score, new LengthVerifier(100, 20).Verify(Example("exact"), new Completion("a", true, tokens)).Score, 1e-12);

    [Theory]
    [InlineData("Paris", true, VerdictOutcome.NoAnswer)]
    [InlineData("<answer> Paris\n</answer>", true, VerdictOutcome.Correct)]
    [InlineData("<answer>paris</answer>", true, VerdictOutcome.Wrong)]
    [InlineData("<answer>Paris</answer>", false, VerdictOutcome.NoAnswer)]
    [InlineData("<answer>Paris</answer><answer>Rome</answer>", true, VerdictOutcome.NoAnswer)]
    public void Texts(string text, bool ended, VerdictOutcome outcome) =>
        Assert.Equal(outcome, new ExactVerifier(true, false).Verify(Example("exact") with { Answer = "Paris" }, new Completion(text, ended, 1)).Outcome);

    [Theory]
    [InlineData("\\boxed{A} or \\boxed{B}", VerdictOutcome.NoAnswer)]
    [InlineData("The answer is a mistake.", VerdictOutcome.NoAnswer)]
    [InlineData("The answer is B, because A is not.", VerdictOutcome.Wrong)]
    [InlineData("<answer>(A)</answer>", VerdictOutcome.Correct)]
    [InlineData("<answer>A and B</answer>", VerdictOutcome.NoAnswer)]
    [InlineData("<think>The answer is A.</think>", VerdictOutcome.NoAnswer)]
    [InlineData("<answer>\\boxed{\\text{A}}</answer>", VerdictOutcome.Correct)]
    public void Choices(string text, VerdictOutcome outcome) =>
        Assert.Equal(outcome, new ChoiceVerifier("ABCD", true).Verify(Example("choice"), new Completion(text, true, 1)).Outcome);

    [Theory]
    [InlineData("<think>a</think>b", 1)]
    [InlineData("<think>a</think>", 0)]
    [InlineData("<think></think>b", 0)]
    [InlineData("<think>a</think>b</think>c", 0)]
    public void ThinkingForm(string text, double score) => Assert.Equal(score, new FormatVerifier("think").Verify(Example("exact"), new Completion(text, true, 1)).Score);

    [Fact]
    public void BadSettingsAreNamed()
    {
        Assert.Contains("letters: expected capital letters", Assert.Throws<InvalidDataException>(() => RewardTests.Read("""[{"verifier": "choice", "letters": "ab"}]""")).Message);
        Assert.Contains("style: expected one of", Assert.Throws<InvalidDataException>(() => RewardTests.Read("""[{"verifier": "format", "style": "free"}]""")).Message);
    }

    internal static Problem Example(string name)
    {
        if (name == "task")
        {
            TaskRandom random = new(8, 0, 0);
            return Problem.Of(TaskRegistry.Get("gcd"), TaskRegistry.Get("gcd").Generate(ref random));
        }

        string answer = name switch { "choice" => "A", "code" => "print(Number(readline()) * 2)", _ => "42" };
        JsonObject? truth = name == "code" ? JsonNode.Parse("""{"tests": [{"input": "21\n", "output": "42"}]}""")!.AsObject() : null;
        return new Problem { Prompt = "What is asked?", Answer = answer, Truth = truth, Source = "example" };
    }
}
