using Razum.Cli;

namespace Razum.Tests.Cli;

/// <summary><c>razum plot</c>: one figure of several runs, and what it says when a run lacks it.</summary>
public sealed class PlotTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Runs_behind_one_label_are_one_curve_with_a_band()
    {
        string once = await Draw("a=" + Write("a1", 5, 1), "b=" + Write("b1", 5, 2));
        string band = await Draw($"a={Write("a1", 5, 1)},{Write("a2", 4, 3)}", "b=" + Write("b1", 5, 2));
        Assert.NotEqual(once, band);
        Assert.NotEqual(once, await Draw("a=" + Write("a1", 5, 1), "b=" + Write("b1", 5, 2), "--over", "flops"));
        Assert.NotEqual(once, await Draw("a=" + Write("a1", 5, 1), "b=" + Write("b1", 5, 2), "--log"));
    }

    [Theory]
    [InlineData("--field", "reward", "no line has reward")]
    [InlineData("--over", "core_hours", "not every line with loss has core_hours")]
    [InlineData("none", "", "no such file")]
    [InlineData("a=", "", "LABEL=FOLDER")]
    public async Task Faults_are_one_line(string first, string second, string expected)
    {
        string[] more = first.StartsWith('-') ? [first, second] : [first];
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await terminal.Run(["plot", Write("a1", 5, 1), .. more, "--out", _folder.File("x.png")]));
        Assert.Contains(expected, terminal.Error.ToString());
        Assert.False(File.Exists(_folder.File("x.png")));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> Draw(params string[] arguments)
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(["plot", .. arguments, "--out", _folder.File("x.png")]));
        byte[] picture = File.ReadAllBytes(_folder.File("x.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.Take(4));
        return Convert.ToBase64String(picture);
    }

    private string Write(string name, int steps, int slope)
    {
        Directory.CreateDirectory(_folder.File(name));
        File.WriteAllLines(Path.Combine(_folder.File(name), "metrics.jsonl"),
            Enumerable.Range(1, steps).Select(i => $$"""{"step":{{i}},"stage":"s","loss":{{(slope * i) + 1}},"flops":{{i * i * 1000}}}"""));
        return _folder.File(name);
    }
}
