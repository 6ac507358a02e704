using Razum.Inference.Measures;
using Razum.Models;
using Razum.Tensors;
using Razum.Tests.Cli;
using Razum.Tests.Models;

namespace Razum.Tests.Inference.Measures;

/// <summary>The number that a plain computation gives: from reference losses, and from whole forward passes without a cache.</summary>
public sealed class PerplexityTests
{
    public static TheoryData<string> Cases => new(LanguageModelCase.NamesWith("loss"));

    private static ModelConfig Config => ModelConfigReader.Parse(TinyModel.Config.Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 2048", StringComparison.Ordinal));

    [Theory]
    [Trait("golden", "yes")]
    [MemberData(nameof(Cases))]
    public void Loss_of_the_reference(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        double sum = 0;
        long count = 0;
        foreach (string sequence in (string[])["seq0", "seq1"])
        {
            int[] tokens = golden.Sequences[sequence];
            using var perplexity = new Perplexity(golden.Load(), new TextOptions { Context = tokens.Length, Stride = 1, Threads = 1 });
            Estimate loss = perplexity.Measure(tokens, null, _ => { }, TestContext.Current.CancellationToken).Loss;
            (sum, count) = (sum + (loss.Mean * loss.Count), count + loss.Count);
        }

        golden.Compare("loss", "loss", [(float)(sum / count)]);
    }

    /// <summary>Windows longer than a piece of the cache; the mean is that of the very log-probabilities that a trainer sees.</summary>
    [Theory]
    [InlineData(600, null, 1)]
    [InlineData(600, null, 2)]
    [InlineData(700, 300, 1)]
    [InlineData(40, 7, 2)]
    public void Bits_of_whole_forward_passes(int context, int? stride, int threads)
    {
        Decoder decoder = new(Config, new RandomParameters(1, 0.2f)) { LatentForm = LatentAttentionForm.Absorbed };
        int[] ids = Ids(stride == 7 ? 101 : 1300);
        using var perplexity = new Perplexity(decoder, new TextOptions { Context = context, Stride = stride, Threads = threads });
        PerplexityReport report = perplexity.Measure(ids, 0, _ => { }, TestContext.Current.CancellationToken);

        using var ops = new CpuOps(1);
        Estimate exact = default, plain = default;
        foreach (TextWindow window in stride is { } step ? TextWindow.Sliding(ids, context, step) : TextWindow.Chunks(ids, context, 0))
        {
            (float[] bits, double[] logs) = Whole(ops, decoder, window);
            Array.ForEach(bits, b => exact.Add(-b));
            Array.ForEach(logs, l => plain.Add(-l));
        }

        Assert.Equal(exact.Count, report.Loss.Count);
        Assert.Equal(exact.Mean, report.Loss.Mean);
        Assert.Equal(plain.Mean, report.Loss.Mean, 1e-5);
        (double value, double error) = PerplexityReport.PerplexityOf(report.Loss);
        Assert.Equal(Math.Exp(plain.Mean), value, 1e-3);
        Assert.Equal(Math.Exp(plain.Mean) * plain.StandardError, error, 1e-3);
    }

    [Fact]
    public void Divergence_from_another_model()
    {
        Decoder model = new(Config, new RandomParameters(1, 0.2f)) { LatentForm = LatentAttentionForm.Absorbed };
        Decoder other = new(Config, new RandomParameters(2, 0.2f)) { LatentForm = LatentAttentionForm.Absorbed };
        int[] ids = Ids(120);
        using var perplexity = new Perplexity(model, new TextOptions { Context = 50, Threads = 2 }, other);
        PerplexityReport report = perplexity.Measure(ids, 0, _ => { }, TestContext.Current.CancellationToken);

        using var ops = new CpuOps(1);
        (double divergence, int same, int rows) = (0, 0, 0);
        foreach (TextWindow window in TextWindow.Chunks(ids, 50, 0))
        {
            double[][] q = Softmaxes(ops, model, window), p = Softmaxes(ops, other, window);
            for (int i = 0; i < p.Length; i++, rows++)
            {
                divergence += p[i].Zip(q[i], (a, b) => Math.Exp(a) * (a - b)).Sum();
                same += Array.IndexOf(p[i], p[i].Max()) == Array.IndexOf(q[i], q[i].Max()) ? 1 : 0;
            }
        }

        Assert.Equal(rows, report.Divergence!.Value.Count);
        Assert.Equal(divergence / rows, report.Divergence.Value.Mean, 1e-5);
        Assert.Equal((double)same / rows, report.SameTop!.Value.Mean, 1e-12);
        Assert.True(report.Divergence.Value.Mean > 0.1);

        using var self = new Perplexity(model, new TextOptions { Context = 50, Threads = 1 }, model);
        PerplexityReport none = self.Measure(ids, 0, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((0, 1, report.Loss.Mean), (none.Divergence!.Value.Mean, none.SameTop!.Value.Mean, none.ReferenceLoss!.Value.Mean));
    }

    [Fact]
    public void Estimates_are_those_of_the_formula()
    {
        Estimate estimate = default;
        double[] values = [1, 2, 4, 8];
        Array.ForEach(values, v => estimate.Add(v));
        Assert.Equal(3.75, estimate.Mean);
        Assert.Equal(Math.Sqrt(values.Select(v => (v - 3.75) * (v - 3.75)).Sum() / 4 / 3), estimate.StandardError, 1e-12);
    }

    [Fact]
    public void Options_that_do_not_fit_are_refused()
    {
        Decoder decoder = new(Config, new ShapeParameters());
        Assert.Contains("from 4 to 2048", Fault(new TextOptions { Context = 4096 }), StringComparison.Ordinal);
        Assert.Contains("stride of 64", Fault(new TextOptions { Context = 64, Stride = 64 }), StringComparison.Ordinal);

        string Fault(TextOptions options) => Assert.Throws<ArgumentException>(() => new Perplexity(decoder, options)).Message;
    }

    private static int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => 10 + (((i * 37) + (i * i % 11)) % 250))];

    /// <summary>log p of the scored tokens, by the operation that training uses and by plain arithmetic on the logits.</summary>
    private static (float[] Bits, double[] Plain) Whole(CpuOps ops, Decoder decoder, TextWindow window)
    {
        int[] targets = window.Tokens[window.From..].ToArray();
        ops.Arena.Reset();
        var batch = new Batch();
        batch.Add(window.Tokens.Span);
        Tensor hidden = decoder.Forward(ops, batch).SliceRows(window.From - 1, targets.Length);
        float[] bits = ops.LogProbabilities(hidden, decoder.Head, targets).ToArray();
        double[][] softmaxes = Softmaxes(ops, decoder, window);
        return (bits, [.. targets.Select((t, i) => softmaxes[i][t])]);
    }

    private static double[][] Softmaxes(CpuOps ops, Decoder decoder, TextWindow window)
    {
        ops.Arena.Reset();
        var batch = new Batch();
        batch.Add(window.Tokens.Span);
        Tensor logits = decoder.Logits(ops, decoder.Forward(ops, batch).SliceRows(window.From - 1, window.Tokens.Length - window.From));
        return [.. Enumerable.Range(0, logits.Rows).Select(i =>
        {
            double[] row = [.. logits[i].ToArray().Select(l => (double)l)];
            double shift = Math.Log(row.Sum(Math.Exp));
            return row.Select(l => l - shift).ToArray();
        })];
    }
}
