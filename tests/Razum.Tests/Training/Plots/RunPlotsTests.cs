using System.Globalization;
using Razum.Training.Plots;

namespace Razum.Tests.Training.Plots;

/// <summary>Pictures come out for the figures that a run has, and for no others.</summary>
public sealed class RunPlotsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-plots-").FullName;

    [Fact]
    public void Every_figure_has_its_picture()
    {
        string metrics = Path.Combine(_folder, "metrics.jsonl");
        File.WriteAllLines(metrics, Enumerable.Range(1, 400).Select(i =>
        {
            FormattableString line = $$"""
                {"step":{{i}},"stage":"{{(i <= 300 ? "pretrain" : "sft")}}","main":{{(5 / Math.Sqrt(i)) + (0.3 * Math.Sin(i * 7.7) / Math.Sqrt(i))}},"lr":{{0.002 * Math.Min(1, i / 50.0)}},"grad_norm":{{1 + Math.Cos(i * 3.3)}},"tokens_per_second":{{15000 + (900 * Math.Sin(i * 1.7))}}{{(i % 50 == 0 ? string.Create(CultureInfo.InvariantCulture, $",\"held_out_loss\":{5.2 / Math.Sqrt(i)}") : "")}}}
                """;
            return FormattableString.Invariant(line);
        }));
        string[] files = [.. RunPlots.Draw(metrics, Path.Combine(_folder, "plots")).Select(f => Path.GetFileName(f)!)];
        Assert.Equal(["loss.png", "learning_rate.png", "gradient_norm.png", "tokens_per_second.png"], files);
        Assert.All(Directory.GetFiles(Path.Combine(_folder, "plots")), f => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(f).Take(4)));
        if (Environment.GetEnvironmentVariable("RAZUM_KEEP_PLOTS") is { Length: > 0 } keep)
        {
            File.Copy(Path.Combine(_folder, "plots", "loss.png"), keep, overwrite: true);
        }
    }

    [Fact]
    public void A_damaged_line_is_named()
    {
        string metrics = Path.Combine(_folder, "metrics.jsonl");
        File.WriteAllLines(metrics, ["""{"step":1,"stage":"a"}""", "{"]);
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => RunPlots.Draw(metrics, _folder)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
