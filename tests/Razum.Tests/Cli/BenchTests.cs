using System.Text.Json;
using Razum.Cli;
using Razum.Cli.Screens;
using Razum.Tensors;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;
using Razum.Training.Plots;
using Razum.Training.Speed;
using Spectre.Console.Testing;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum bench</c> on a tiny model: every measurement as JSON, the table, the picture, the faults.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Json_holds_every_measurement_and_the_picture_is_drawn()
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal();
        string picture = _folder.File("roofline.png");
        Assert.Equal(CommandLine.Done, await terminal.Run(
            "bench", "--json", "--rounds", "1", "--prompt", "20", "--generate", "8", "--threads", "1", "--plot", picture, "--batch", "3", _folder.Path));
        JsonElement root = JsonDocument.Parse(terminal.Output).RootElement;

        JsonElement[] all = [.. root.GetProperty("measurements").EnumerateArray()];
        Assert.Equal(["prompt 20", "generate 8", "3 x 2", "train 8 x 128"], all.Select(m => m.GetProperty("name").GetString()));
        Assert.All(all, m =>
        {
            JsonElement rate = m.GetProperty("tokens_per_second");
            Assert.True(rate.GetProperty("low").GetDouble() > 0);
            Assert.Equal(rate.GetProperty("median").GetDouble(), rate.GetProperty("high").GetDouble());
            Assert.True(m.GetProperty("share_of_bound").GetProperty("median").GetDouble() > 0);
            double perToken = m.GetProperty("operations_per_second").GetDouble() / rate.GetProperty("median").GetDouble();
            Assert.Equal(m.GetProperty("operations_per_token").GetDouble(), perToken, 1e-6 * perToken);
        });
        Assert.Equal("F32", root.GetProperty("weights").GetString());
        Assert.Equal("f32", root.GetProperty("products").GetString());
        Assert.Equal(1, root.GetProperty("peaks").GetProperty("threads").GetInt32());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(picture)[..4]);
        Assert.Equal(["roofline.png"], Directory.GetFiles(_folder.Path, "roofline*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_shape_has_random_weights_and_what_is_not_asked_for_is_left_out()
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(
            "bench", "--shape", "nano", "--rounds", "1", "--prompt", "0", "--generate", "4", "--batch", "0", "--no-train", "--threads", "2"));
        Assert.Contains("nano", terminal.Output);
        Assert.Contains("BF16", terminal.Output);
        Assert.Contains("generate 4", terminal.Output);
        Assert.DoesNotContain("prompt", terminal.Output);
        Assert.DoesNotContain("train", terminal.Output);
        Assert.DoesNotContain(" x ", terminal.Output);
    }

    [Theory]
    [InlineData("Q8_0", Products.Int8, "--quantize", "q8_0")]
    [InlineData("BF16", Products.BF16, "--arithmetic", "bf16")]
    public async Task Formats_and_arithmetics_are_measured_against_the_peak_of_their_products(string weights, Products products, params string[] chosen)
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(
            ["bench", "--shape", "nano", "--rounds", "1", "--prompt", "8", "--generate", "0", "--no-train", "--json", .. chosen]));
        JsonElement root = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal(weights, root.GetProperty("weights").GetString());
        string expected = (MachinePeak.Has(products) ? products : Products.F32).ToString().ToLowerInvariant();
        Assert.Equal(expected, root.GetProperty("products").GetString());
        double bits = 8.0 * root.GetProperty("weight_bytes").GetDouble() / root.GetProperty("parameters").GetDouble();
        Assert.InRange(bits, 8.5, weights == "BF16" ? 16.5 : 11);
    }

    [Fact]
    public async Task Four_bits_are_measured_where_columns_are_whole_blocks()
    {
        string wide = TinyModel.Config.Replace("\"hidden_size\": 32", "\"hidden_size\": 256", StringComparison.Ordinal)
            .Replace("intermediate_size\": 48", "intermediate_size\": 512", StringComparison.Ordinal)
            .Replace("moe_intermediate_size\": 16", "moe_intermediate_size\": 256", StringComparison.Ordinal);
        TinyModel.Write(_folder.Path, wide);
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(
            "bench", "--json", "--rounds", "1", "--prompt", "8", "--generate", "4", "--batch", "0", "--no-train", "--quantize", "q4_k", _folder.Path));
        JsonElement root = JsonDocument.Parse(terminal.Output).RootElement;
        Assert.Equal("Q4_K", root.GetProperty("weights").GetString());
        Assert.Equal(MachinePeak.Has(Products.Int8) ? "int8" : "f32", root.GetProperty("products").GetString());
        Assert.Equal(["prompt 8", "generate 4"], root.GetProperty("measurements").EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        Assert.InRange(8.0 * root.GetProperty("weight_bytes").GetDouble() / root.GetProperty("parameters").GetDouble(), 4.5, 8.5);
    }

    [Fact]
    public void The_table_fits_80_columns_and_the_picture_has_all_roofs()
    {
        BenchmarkReport report = Report();
        TestConsole console = new TestConsole().Width(80);
        BenchScreen.Draw(console, report);
        Assert.All(console.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Contains("20,000", console.Output);
        Assert.Contains("75 % F32", console.Output);
        Assert.Contains("75 % reading", console.Output);
        Assert.Contains("no training: too large", console.Output);
        string picture = _folder.File("picture.png");
        RooflinePlot.Draw(report, picture);
        Assert.True(new FileInfo(picture).Length > 10_000);
    }

    [Theory]
    [InlineData("unknown shape 'giant'; there are llama-3.1-8b, nano, r1-671b, r1-distill-qwen-1.5b, v2-lite", "--shape", "giant")]
    [InlineData("give a model or a shape", "MODEL", "--shape", "nano")]
    [InlineData("--rounds must be", "MODEL", "--rounds", "0")]
    [InlineData("--batch from 0", "MODEL", "--batch", "-1")]
    [InlineData("must not be negative", "MODEL", "--prompt", "-5")]
    [InlineData("prompt 500: the context of", "MODEL", "--prompt", "500")]
    [InlineData("nothing to measure", "MODEL", "--prompt", "0", "--generate", "0")]
    [InlineData("ends in .png", "MODEL", "--plot", "picture.svg")]
    [InlineData("there is no folder", "MODEL", "--plot", "no/such/folder/x.png")]
    [InlineData("does not fit memory: about", "--shape", "v2-lite", "--batch", "4096", "--generate", "150000")]
    public async Task Faults_are_one_line(string expected, params string[] arguments)
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal();
        int code = await terminal.Run(["bench", .. arguments.Select(a => a.Replace("MODEL", _folder.Path)), "--no-train"]);
        Assert.Equal(CommandLine.UserError, code);
        Assert.Contains(expected, terminal.Error.ToString());
        Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        Assert.Equal("", terminal.Output);
    }

    public void Dispose() => _folder.Dispose();

    private static BenchmarkReport Report() => new()
    {
        Model = "r1-distill-qwen-1.5b",
        Parameters = 1_777_088_000,
        ActiveParameters = 1.54e9,
        WeightBytes = 3_554_176_000,
        Path = new ComputePath(WeightFormat.BF16, Products.F32),
        InstructionSet = InstructionSet.Jit,
        Rounds = 5,
        Peaks = new MachinePeaks { Threads = 2, Float32 = 5.4e11, BFloat16 = 1e12, Int8 = 2.1e12, ReadBandwidth = 4.5e10 },
        Measurements = [Measured("prompt 512", Bound.Compute, 3e9, 7e6), Measured("generate 128", Bound.Bandwidth, 3e9, 3e9)],
        WithoutTraining = "too large",
    };

    private static Measurement Measured(string name, Bound bound, double operations, double bytes) => new()
    {
        Name = name,
        Path = new ComputePath(WeightFormat.BF16, Products.F32),
        TokensPerSecond = new Spread(20_000, 19_500, 20_500),
        ShareOfBound = new Spread(0.75, 0.7, 0.8),
        Bound = bound,
        OperationsPerToken = operations,
        BytesPerToken = bytes,
    };
}
