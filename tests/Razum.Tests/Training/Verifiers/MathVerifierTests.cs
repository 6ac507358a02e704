using System.Text;
using Razum.Training.Verifiers;
using Razum.Training.Verifiers.Math;

namespace Razum.Tests.Training.Verifiers;

/// <summary>Answers of mathematics: what equals what, what is found where, and that all work ends.</summary>
public sealed class MathVerifierTests
{
    [Theory]
    [InlineData("x^2-1", "(x-1)(x+1)", true)]
    [InlineData(@"\sqrt{12}", @"2\sqrt3", true)]
    [InlineData(@"\sqrt[3]{-8}", "-2", true)]
    [InlineData(@"\frac{1}{\sqrt2+1}", @"\sqrt2-1", true)]
    [InlineData(@"\sin^2 x+\cos^2 x", "1", true)]
    [InlineData(@"\cos 60^\circ", "0.5", true)]
    [InlineData(@"e^{i\pi}", "-1", true)]
    [InlineData(@"\log_2 8", "3", true)]
    [InlineData(@"\ln 8", @"3\ln 2", true)]
    [InlineData(@"\arctan 2+\arctan 3", @"\frac{3\pi}{4}", true)]
    [InlineData(@"\sum_{k=1}^{n} k", @"\frac{n(n+1)}{2}", true)]
    [InlineData(@"\sum_{k=1}^{n} k", @"\frac{n^2}{2}", false)]
    [InlineData(@"\int_0^2 3x^2 dx", "8", true)]
    [InlineData(@"\binom{n}{2}", @"\frac{n(n-1)}{2}", true)]
    [InlineData("n!", "n (n-1)!", true)]
    [InlineData(@"\sqrt{x^2}", "x", false)]
    [InlineData(@"\sqrt{2}+10^{-40}", @"\sqrt{2}", false)]
    [InlineData(@"\frac{1}{2004!}", @"\frac{1}{2006!}", false)]
    [InlineData("10^{100}", "10^{100}+1", false)]
    [InlineData(@"(-\infty,2)\cup(2,\infty)", @"x\neq 2", true)]
    [InlineData("[1,2]\\cup[2,3]", "[1,3]", true)]
    [InlineData("[1,2)\\cup(2,3]", "[1,3]", false)]
    [InlineData(@"\{1,2,3\}", "3,2,1", true)]
    [InlineData("(1,2)", "(2,1)", false)]
    [InlineData(@"1\frac12", "1.5", true)]
    [InlineData("0.1", @"\frac{1}{9}", false)]
    [InlineData("50\\%", "0.5", true)]
    [InlineData("1\\%", "100\\%", false)]
    [InlineData("11_2", "3", true)]
    [InlineData("y=2x+1", "2y=4x+2", true)]
    [InlineData("x+y", "y", false)]
    [InlineData("east", "EAST", true)]
    [InlineData("east", "seat", false)]
    [InlineData(@"\begin{pmatrix}1\\2\end{pmatrix}", @"2\begin{pmatrix}1/2\\1\end{pmatrix}", true)]
    [InlineData(@"0.\overline{3}", @"\frac13", true)]
    [InlineData(@"0.1\overline{6}", @"\frac{1}{6}", true)]
    [InlineData(@"0.\overline{3}", @"0.333", false)]
    [InlineData(@"2 1/2", @"\frac52", true)]
    [InlineData(@"\mathbb{R}\setminus\{0\}", @"(-\infty,0)\cup(0,\infty)", true)]
    [InlineData(@"\mathbb{R}\setminus\{0\}", @"(-\infty,\infty)", false)]
    [InlineData(@"6 cm", @"6", true)]
    [InlineData(@"\{x : x > 2\}", @"(2,\infty)", true)]
    [InlineData(@"(-\infty,2)\cup(5,\infty)", @"x<2 \text{ or } x>5", true)]
    [InlineData(@"(-\infty,2)\cup(5,\infty)", @"(-\infty,2) \text{ or } (5,\infty)", true)]
    [InlineData(@"(7,5)", @"[9,8]", false)]
    [InlineData(@"\frac{1}{2}", @"(12", false)]
    [InlineData(@"\langle 1,2,3\rangle", @"(1,2,3)", true)]
    [InlineData(@"x=\pm 2", @"2,-2", true)]
    [InlineData(@"x=\pm 2", @"2", false)]
    [InlineData(@"0.0000001", @"0.0000002", false)]
    [InlineData(@"0.0000001", @"0", false)]
    [InlineData(@"\log 100", @"2", true)]
    [InlineData(@"x<1, y>2", @"y<1, x>2", false)]
    [InlineData(@"f(2)", @"f(3)", false)]
    [InlineData(@"(5,6)", @"5,6", true)]
    [InlineData(@"(5,6)", @"6,5", false)]
    [InlineData(@"x=5", @"0=0", false)]
    [InlineData(@"10^{1000000}", @"10^{1000000}+1", false)]
    public void Equality(string gold, string answer, bool equal) =>
        Assert.Equal(equal ? VerdictOutcome.Correct : VerdictOutcome.Wrong, Judge(true, gold, $@"<think>so</think>\boxed{{{answer}}}").Outcome);

    [Theory]
    [InlineData("<answer>12</answer>", VerdictOutcome.Correct)]
    [InlineData(@"<answer>\boxed{12}</answer>", VerdictOutcome.Correct)]
    [InlineData("<answer>$12$</answer>", VerdictOutcome.Correct)]
    [InlineData(@"<think>\boxed{12}</think> it is \boxed{13}", VerdictOutcome.Wrong)]
    [InlineData(@"<think>\boxed{12}</think>", VerdictOutcome.NoAnswer)]
    [InlineData(@"<think>\boxed{12}", VerdictOutcome.NoAnswer)]
    [InlineData("12", VerdictOutcome.NoAnswer)]
    [InlineData("The answer is 12.", VerdictOutcome.NoAnswer)]
    [InlineData("<answer>11</answer><answer>12</answer>", VerdictOutcome.NoAnswer)]
    [InlineData(@"\boxed{11} \boxed{12}", VerdictOutcome.Wrong)]
    [InlineData(@"\boxed{11} some words that stand between the two of them, as many as one likes \boxed{12}", VerdictOutcome.Wrong)]
    [InlineData(@"\boxed{12", VerdictOutcome.NoAnswer)]
    [InlineData(@"\boxed{x \text{ or } 12}", VerdictOutcome.Wrong)]
    [InlineData(@"\boxed{9^{9^{9^9}}}", VerdictOutcome.Wrong)]
    [InlineData("<answer>the number of apples is 12</answer>", VerdictOutcome.Wrong)]
    public void ARewardIsForAnAnswerInItsPlace(string text, VerdictOutcome outcome) => Assert.Equal(outcome, Judge(true, "12", text).Outcome);

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData(@"\frac{1}{")]
    [InlineData("((((")]
    public void ATruthThatCannotBeReadIsAnError(string gold)
    {
        Assert.Equal(VerdictOutcome.Error, Judge(true, gold, $@"\boxed{{{gold}}}").Outcome);
        Assert.Equal(VerdictOutcome.Error, Judge(false, gold, gold).Outcome);
    }

    [Theory]
    [InlineData(@"\frac{1}{2}x", @"\frac12", false)]
    [InlineData(@"2\begin{pmatrix}1\\2\end{pmatrix}", @"\begin{pmatrix}1\\2\end{pmatrix}", false)]
    [InlineData("So the distance is $125$ miles.", "125", true)]
    [InlineData(@"Then $x=3$ and so $x+1=\boxed{4}$.", "4", true)]
    [InlineData("1,000", "1000", true)]
    [InlineData(@"\$5.50", "5.5", true)]
    public void ATruthIsReadAsAWhole(string gold, string answer, bool equal) =>
        Assert.Equal(equal, Judge(true, gold, $@"\boxed{{{answer}}}").Outcome == VerdictOutcome.Correct);

    [Fact]
    public void ACutOffCompletionHasNoAnswer() =>
        Assert.Equal(VerdictOutcome.NoAnswer, new MathVerifier(true, MathSettings.Evaluation).Verify(Gold("12"), new Completion(@"\boxed{12}", false, 1)).Outcome);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("{", "}")]
    [InlineData(@"\frac{1}{", "}")]
    [InlineData(@"\sqrt{", "}")]
    [InlineData("-", "")]
    [InlineData("|", "|")]
    [InlineData("1/", "")]
    [InlineData("2^", "")]
    [InlineData("x'", "")]
    [InlineData("!", "")]
    [InlineData(@"\sin ", "")]
    [InlineData("x_", "")]
    [InlineData(@"\sum_{k=1}^{99} ", "")]
    [InlineData(@"\begin{pmatrix}", @"\end{pmatrix}")]
    public void DeepNestingEnds(string open, string close)
    {
        foreach (int depth in new[] { 5, 70, 3000 })
        {
            string text = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
            Assert.NotEqual(VerdictOutcome.Error, Judge(true, "7", $"<answer>{text}</answer>").Outcome);
            Assert.NotEqual(VerdictOutcome.Error, Judge(false, "7", $"${text}$").Outcome);
            _ = Judge(true, text, $"<answer>{text}</answer>");
        }
    }

    [Theory]
    [InlineData(@"10^{10^{10^{10}}}")]
    [InlineData(@"3000!^{3000!}")]
    [InlineData(@"\sum_{k=1}^{3000}\sum_{j=1}^{3000}\sum_{m=1}^{3000} \sin(kjm)")]
    [InlineData(@"\prod_{k=1}^{3000} k^k")]
    [InlineData(@"\sin(10^{10^{9}})")]
    [InlineData(@"1.5E5000^{5000}")]
    [InlineData(@"\binom{10^{18}}{3000}")]
    [InlineData(@"((((x+1)^{999}+1)^{999}+1)^{999}+1)^{999}")]
    public void LargeWorkEnds(string expression)
    {
        Assert.NotEqual(VerdictOutcome.Error, Judge(true, "7", $@"\boxed{{{expression}}}").Outcome);
        Assert.NotEqual(VerdictOutcome.Correct, Judge(true, expression, @"\boxed{7}").Outcome);
    }

    [Theory]
    [InlineData(@"\[")]
    [InlineData("$")]
    [InlineData(@"\boxed{")]
    [InlineData("answer is ")]
    [InlineData("1,000 ")]
    [InlineData("<answer>")]
    [InlineData("x+1=0 ")]
    public void LongTextsEnd(string piece)
    {
        string text = string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length));
        Assert.NotEqual(VerdictOutcome.Correct, Judge(false, "7", text).Outcome);
        Assert.NotEqual(VerdictOutcome.Correct, Judge(true, "7", text).Outcome);
        Assert.NotEqual(VerdictOutcome.Correct, Judge(true, "7", $"<answer>{text}</answer>").Outcome);
    }

    [Fact]
    public void RandomTextsGetAVerdict()
    {
        string[] pieces =
        [
            "1", "23", "4.5", "1,000", "x", "y", "f(", "(", ")", "[", "]", "{", "}", @"\{", @"\}", "+", "-", "*", "/", "^", "_", "!", "=", "<", ">", ",", ";", ":", "|", "$",
            @"\frac", @"\sqrt", @"\sqrt[3]", @"\boxed{", @"\boxed", @"\text{", @"\sin", @"\log_", @"\pi", "e", "i", @"\infty", @"\pm", @"\cup", @"\in", @"\le", @"\\", "&",
            @"\begin{pmatrix}", @"\end{pmatrix}", @"\sum_{k=1}^{", @"\int_0^", "dx", @"\binom", "%", "and", "or", "answer is", "\n", " ", @"\left(", @"\right)", "½", "\ud83d", "\0",
            "<answer>", "</answer>", "<think>", "</think>", @"\circ", @"\lim_{x\to", "}^{-1}", "9^{9^{9", "<=", @"\!", @"\,",
        ];
        Random random = new(20);
        for (int i = 0; i < 3000; i++)
        {
            StringBuilder text = new();
            for (int n = random.Next(1, 25); n > 0; n--)
            {
                text.Append(pieces[random.Next(pieces.Length)]);
            }

            foreach (bool strict in new[] { true, false })
            {
                NoError(Judge(strict, "7", $"{text}"), text);
                NoError(Judge(strict, "x+1", $"<answer>{text}</answer>"), text);

                // As the truth it may be unreadable, and that is the only error there is; nothing equals what is not in it.
                Verdict asTruth = Judge(strict, $"{text}", @"\boxed{qqqq}");
                Assert.True(asTruth.Outcome != VerdictOutcome.Error || asTruth.Message!.Contains("cannot be read", StringComparison.Ordinal), $"{asTruth.Message}: {text}");
                Assert.NotEqual(VerdictOutcome.Correct, asTruth.Outcome);
            }
        }

        static void NoError(Verdict verdict, StringBuilder text) => Assert.True(verdict.Outcome != VerdictOutcome.Error, $"{verdict.Message}: {text}");
    }

    [Fact]
    public void ThreadsDoNotDisturbEachOther()
    {
        (string Gold, string Text)[] pairs = [.. Enumerable.Range(1, 200).Select(i => ($@"\sqrt{{{i}}}", $@"\boxed{{{(i % 2 == 0 ? i : i + 1)}^{{1/2}}}}"))];
        bool[] alone = [.. pairs.Select(p => Judge(true, p.Gold, p.Text).Outcome == VerdictOutcome.Correct)];
        bool[] together = new bool[pairs.Length];
        Parallel.For(0, pairs.Length, i => together[i] = Judge(true, pairs[i].Gold, pairs[i].Text).Outcome == VerdictOutcome.Correct);
        Assert.Equal(alone, together);
        Assert.Equal(100, alone.Count(c => c));
    }

    private static Verdict Judge(bool strict, string gold, string text) =>
        new MathVerifier(strict, MathSettings.Evaluation).Verify(Gold(gold), new Completion(text, true, 1));

    private static Problem Gold(string answer) => new() { Prompt = "?", Answer = answer };
}
