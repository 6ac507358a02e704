using System.Text.Json.Nodes;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Verifiers;

/// <summary>Programs against tests, and what programs must not do.</summary>
public sealed class CodeVerifierTests
{
    private static readonly SandboxLimits s_small = new() { Statements = 20_000, MemoryBytes = 8 << 20, Recursion = 100 };

    [Theory]
    [InlineData("const [a, b] = readline().split(' ').map(Number); console.log(a + b)", VerdictOutcome.Correct)]
    [InlineData("const [a, b] = readline().split(' ').map(Number); print(a - b)", VerdictOutcome.Wrong)]
    [InlineData("let line; while ((line = readline()) !== null) { print(eval(line)) }", VerdictOutcome.Wrong)]
    [InlineData("syntax error (", VerdictOutcome.Wrong)]
    [InlineData("throw new Error('no')", VerdictOutcome.Wrong)]
    public void Programs(string program, VerdictOutcome outcome) =>
        Assert.Equal(outcome, Judge("""{"tests": [{"input": "1 2\n", "output": "3"}, {"input": "5 -5\n", "output": "0\n"}]}""", program).Outcome);

    [Theory]
    [InlineData("function pair(a, b) { return {sum: a + b, all: [a, b]} }", VerdictOutcome.Correct)]
    [InlineData("const pair = (a, b) => ({all: [a, b], sum: a + b})", VerdictOutcome.Correct)]
    [InlineData("const pair = (a, b) => ({sum: a + b})", VerdictOutcome.Wrong)]
    [InlineData("const other = 1", VerdictOutcome.Wrong)]
    [InlineData("function pair() { } JSON.stringify = () => '}{'", VerdictOutcome.Wrong)]
    [InlineData("function pair() { }", VerdictOutcome.Wrong)]
    public void Functions(string program, VerdictOutcome outcome) =>
        Assert.Equal(outcome, Judge("""{"function": "pair", "tests": [{"arguments": [1, 2], "result": {"sum": 3, "all": [1, 2]}}]}""", program).Outcome);

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("for (;;) ;")]
    [InlineData("function f() { return f() + 1 } f()")]
    [InlineData("let s = 'a'; while (true) s += s")]
    [InlineData("const a = []; while (true) a.push([1, 2, 3])")]
    [InlineData("new Array(1e9).fill(0)")]
    [InlineData("'a'.repeat(2 ** 29)")]
    [InlineData("while (true) print('x'.repeat(1000))")]
    [InlineData("System.IO.File.ReadAllText('/etc/passwd')")]
    [InlineData("importNamespace('System')")]
    [InlineData("print.constructor('return this')()")]
    [InlineData("import('fs')")]
    [InlineData("require('fs')")]
    public void WhatIsNotAllowedEndsAsWrong(string program)
    {
        Verdict verdict = Judge("""{"tests": [{"input": "", "output": "never"}]}""", program);
        Assert.Equal(VerdictOutcome.Wrong, verdict.Outcome);
        Assert.NotNull(verdict.Message);
    }

    [Fact]
    public void NestingInASourceDoesNotOverflowTheStack()
    {
        string program = new string('[', 20_000) + "1" + new string(']', 20_000);
        Assert.Equal(VerdictOutcome.Wrong, Judge("""{"tests": [{"input": "", "output": "1"}]}""", program).Outcome);
    }

    [Fact]
    public void ChanceAndTimeAreTheSameInEveryRun()
    {
        const string Program = "print(Math.random(), Math.random(), Date.now())";
        Assert.Equal(Sandbox.Run(Program, "", s_small).Output, Sandbox.Run(Program, "", s_small).Output);
        Assert.Null(Sandbox.Run(Program, "", s_small).Fault);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"tests": []}""")]
    [InlineData("""{"tests": [7]}""")]
    [InlineData("""{"tests": [{"input": 7, "output": "1"}]}""")]
    [InlineData("""{"function": "f()", "tests": [{"arguments": [], "result": 1}]}""")]
    public void TestsThatCannotBeReadAreAnError(string truth) => Assert.Equal(VerdictOutcome.Error, Judge(truth, "print(1)").Outcome);

    [Fact]
    public void TheLastProgramCounts()
    {
        Problem problem = Problem("""{"tests": [{"input": "", "output": "2"}]}""");
        CodeVerifier verifier = new(s_small);
        Assert.Equal(VerdictOutcome.Correct, verifier.Verify(problem, new Completion("```js\nprint(1)\n```\nor\n```\nprint(2)\n```", true, 1)).Outcome);
        Assert.Equal(VerdictOutcome.NoAnswer, verifier.Verify(problem, new Completion("print(2)", true, 1)).Outcome);
        Assert.Equal(VerdictOutcome.NoAnswer, verifier.Verify(problem, new Completion("```js\nprint(2)\n```", false, 1)).Outcome);
    }

    private static Verdict Judge(string truth, string program) =>
        new CodeVerifier(s_small).Verify(Problem(truth), new Completion($"<think>hm</think>\n```javascript\n{program}\n```\n", true, 1));

    private static Problem Problem(string truth) => new() { Prompt = "?", Answer = "", Truth = JsonNode.Parse(truth)!.AsObject() };
}
