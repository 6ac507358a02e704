using System.Text.Json;
using Razum.Cli;
using Razum.Cli.Screens;
using Razum.Tensors.Machine;
using Razum.Tensors.SelfTest;
using Razum.Tensors.Simd;
using Spectre.Console.Testing;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum doctor</c>: the whole run as JSON, and tables of 80 columns that say which check failed.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task Json_says_what_there_is_and_that_kernels_are_right()
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run("doctor", "--json", "--threads", "2"));
        JsonElement root = JsonDocument.Parse(terminal.Output).RootElement;

        JsonElement processor = root.GetProperty("processor");
        Assert.NotEqual("", processor.GetProperty("name").GetString());
        Assert.InRange(processor.GetProperty("free_memory").GetInt64(), 1 << 20, processor.GetProperty("memory").GetInt64());
        JsonElement[] kernels = [.. root.GetProperty("kernels").EnumerateArray()];
        Assert.Equal(Enum.GetValues<InstructionSet>().Length, kernels.Length);
        string chosen = Assert.Single(kernels, k => k.GetProperty("state").GetString() == "chosen").GetProperty("set").GetString()!;
        Assert.Equal(InstructionSets.Default.ToString(), chosen, ignoreCase: true);
        Assert.All(kernels, k => Assert.NotEqual("", k.GetProperty("reason").GetString()));

        Assert.Equal([1, 2], root.GetProperty("peaks").EnumerateArray().Select(p => p.GetProperty("threads").GetInt32()));
        Assert.All(root.GetProperty("peaks").EnumerateArray(), p => Assert.True(p.GetProperty("f32").GetDouble() > 0 && p.GetProperty("read_bandwidth").GetDouble() > 0));
        JsonElement test = root.GetProperty("self_test");
        Assert.True(test.GetProperty("passed").GetBoolean());
        Assert.Equal(0, test.GetProperty("failed").GetInt32());
        Assert.Equal(KernelSelfTest.All().Count(), test.GetProperty("results").GetArrayLength());
    }

    [Fact]
    public void Tables_fit_80_columns()
    {
        SelfTestResult[] checks = [.. KernelSelfTest.All().Select(c => new SelfTestResult(c.Case.Kernel, c.Case.Name, c.Set, c.Format, c.Arithmetic)
        {
            Error = 1.23e-5,
            Tolerance = 2e-5,
            GradientError = 1.23e-4,
            GradientTolerance = 2e-4,
        })];
        string drawn = Draw(checks);
        Assert.Contains("1.2e-5", drawn);
        Assert.Contains("checks passed", drawn);
        Assert.Contains(InstructionSets.Default.ToString(), drawn, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("…", drawn);
    }

    [Theory]
    [InlineData(1e-3, 1e-5, null, "1.0e-3")]
    [InlineData(double.NaN, 1e-5, null, "NaN")]
    [InlineData(1e-6, 1e-2, null, "1.0e-2")]
    [InlineData(0, 0, "no such instruction", "no such instruction")]
    public void A_failed_check_is_named(double error, double gradientError, string? failure, string shown)
    {
        var wrong = new SelfTestResult("SwiGlu", "SwiGlu", InstructionSet.Scalar, default)
        {
            Error = error,
            Tolerance = 2e-5,
            GradientError = gradientError,
            GradientTolerance = 2e-4,
            Failure = failure,
        };
        SelfTestResult right = new("Rope", "Rope, Half", InstructionSet.Scalar, default) { Error = 1e-7, Tolerance = 2e-5 };
        Assert.False(Report([wrong, right]).Passed);
        string drawn = Draw([wrong, right]);
        Assert.Contains("1 of 2 checks failed", drawn);
        Assert.Contains(shown, drawn);
        Assert.Contains("SwiGlu: SwiGlu, Scalar, F32", drawn);
        using JsonDocument json = JsonDocument.Parse(Json.Text(Report([wrong, right]).Write));
        Assert.False(json.RootElement.GetProperty("self_test").GetProperty("passed").GetBoolean());
    }

    private static DoctorReport Report(SelfTestResult[] checks) => new() { Peaks = [Peaks(1), Peaks(16)], Checks = checks };

    private static MachinePeaks Peaks(int threads) => new()
    {
        Threads = threads,
        Float32 = 2.7e11 * threads,
        BFloat16 = 0,
        Int8 = 1e12 * threads,
        ReadBandwidth = 2e10 * threads,
        ReadBandwidthOfFourStreams = 1e10 * threads,
    };

    private static string Draw(SelfTestResult[] checks)
    {
        TestConsole console = new TestConsole().Width(80);
        DoctorScreen.Draw(console, Report(checks));
        Assert.All(console.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        return console.Output;
    }
}
