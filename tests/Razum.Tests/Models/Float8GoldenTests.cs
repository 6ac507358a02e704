using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Formats;
using Razum.Tests.Cli;
using Razum.Tests.Tensors.Kernels;

namespace Razum.Tests.Models;

/// <summary>Activations rounded to E4M3 as DeepSeek computes them: logits of whole models; scales, bytes and products of single layers, with both kinds of scales.</summary>
[Trait("golden", "yes")]
public sealed class Float8GoldenTests
{
    public static TheoryData<string> Cases => new(LanguageModelCase.Names.Where(name =>
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        return golden.Expected.Tensors.Any(t => t.Name.StartsWith("activations.", StringComparison.Ordinal) || t.Name.StartsWith("linear.", StringComparison.Ordinal));
    }));

    [Fact]
    public void There_are_cases() => Assert.NotEmpty(Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Decoder decoder = golden.Load();
        decoder.LatentForm = LatentAttentionForm.Expanded; // the reference multiplies by kv_b_proj as it is
        foreach (string output in golden.Expected.Tensors.Select(t => t.Name).Where(n => n.StartsWith("activations.", StringComparison.Ordinal)))
        {
            int[] tokens = golden.Inputs[output.Split('.')[1]];
            using var ops = new CpuOps(2, null, Arithmetic.FP8);
            golden.Compare(output, "activations.logits", Run(decoder, ops, tokens));
            using var exact = new CpuOps(2);
            Assert.NotEqual(Run(decoder, ops, tokens), Run(decoder, exact, tokens));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Single_layers(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Dictionary<string, Weight> weights = golden.Load().Parameters.ToDictionary(w => w.Name);
        foreach (string input in golden.Expected.Tensors.Select(t => t.Name).Where(n => n.StartsWith("linear.", StringComparison.Ordinal) && n.EndsWith(".x", StringComparison.Ordinal)))
        {
            string layer = input[..^2];
            Weight weight = weights[layer["linear.".Length..]];
            foreach (string tag in (string[])["", ".ue8m0"])
            {
                if (golden.Expected.Find(layer + ".y" + tag) is not null)
                {
                    weight.PowerOfTwoScales = tag.Length > 0;
                    CheckLayer(golden, layer, tag, weight);
                }
            }
        }
    }

    /// <summary>Bits do not depend on neighbours, chunks or threads.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_row_depends_on_its_own_sequence_alone(string name)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        Decoder decoder = golden.Load();
        int[] tokens = golden.Sequences["seq0"];
        foreach (LatentAttentionForm form in Enum.GetValues<LatentAttentionForm>())
        {
            decoder.LatentForm = form;
            using CpuOps one = new(1, null, Arithmetic.FP8), two = new(2, null, Arithmetic.FP8);
            float[] alone = Run(decoder, one, tokens);
            var batch = new Batch();
            batch.Add(golden.Sequences["seq1"]);
            batch.Add(tokens);
            Assert.Equal(alone, decoder.Logits(two, decoder.Forward(two, batch).SliceRows(golden.Sequences["seq1"].Length, tokens.Length)).ToArray());
            using KeyValueCache cache = decoder.CreateCache(64);
            List<float> pieces = [];
            for (int from = 0; from < tokens.Length; from += 7)
            {
                batch.Clear();
                batch.Add(tokens.AsSpan(from, Math.Min(7, tokens.Length - from)), cache);
                pieces.AddRange(decoder.Logits(two, decoder.Forward(two, batch)).ToArray());
                batch.Commit();
            }

            Assert.Equal(alone, pieces);
        }
    }

    [Fact]
    public void Every_value_is_rounded_as_a_cast_rounds_it()
    {
        // Half of the steps of E4M3 and what lies beside them, both signs; a row of one value keeps it: scale = value / 448.
        float[] values = [.. Enumerable.Range(0, 0x7F).SelectMany(b =>
        {
            (float low, float high) = (Float8.Value((byte)b), b == 0x7E ? 448 : Float8.Value((byte)(b + 1)));
            float middle = (low + high) / 2;
            return (float[])[low, middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)];
        })];
        foreach (float value in values.Where(v => v <= 448).Concat(values.Where(v => v <= 448).Select(v => -v)))
        {
            Assert.Equal(Float8.Value(Float8.Round(value)), Round([448, value])[1]);
        }

        Assert.All(Round([1, float.NaN, 2]), v => Assert.True(float.IsNaN(v)));
        Assert.Equal(0, Round([0, 0])[0]);
    }

    [Fact]
    public async Task It_is_refused_where_it_means_nothing()
    {
        using var ops = new CpuOps(1, null, Arithmetic.FP8);
        Assert.Contains("FP8 arithmetic is for inference", Assert.Throws<ArgumentException>(() => new Tape(ops)).Message);
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.File("tiny"));
        using ModelBundle bundle = ModelBundle.Load(folder.File("tiny"));
        Assert.Equal("Arithmetic FP8: tiny has no weights in FP8", Assert.Throws<ArgumentException>(() => new Engine(bundle, new EngineOptions { Arithmetic = Arithmetic.FP8 })).Message);
        var terminal = new TestTerminal();
        Assert.NotEqual(0, await terminal.Run("ask", "-m", folder.File("tiny"), "--arithmetic", "fp8", "1+1?"));
        Assert.Contains("has no weights in FP8", terminal.Error.ToString(), StringComparison.Ordinal);
        const string Config = """{"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128], "scale_fmt": "ue8m0"}""";
        string config = TinyModel.Config.Insert(TinyModel.Config.IndexOf('{') + 1, $"\"quantization_config\": {Config},");
        Assert.True(ModelConfigReader.Parse(config).PowerOfTwoScales);
        Assert.False(ModelConfigReader.Parse(config.Replace("ue8m0", "float", StringComparison.Ordinal)).PowerOfTwoScales);
        Assert.Contains("scale_fmt", Assert.Throws<InvalidDataException>(() => ModelConfigReader.Parse(config.Replace("ue8m0", "e5m2", StringComparison.Ordinal))).Message);
    }

    private static void CheckLayer(LanguageModelCase golden, string layer, string tag, Weight weight)
    {
        SafetensorsFile expected = golden.Expected;
        float[] x = expected.ReadFloats(layer + ".x"), scales = expected.ReadFloats(layer + ".s" + tag), y = expected.ReadFloats(layer + ".y" + tag);
        byte[] bytes = expected.Bytes(layer + ".q" + tag).ToArray();
        int columns = weight.Columns, groups = (columns + 127) / 128, rows = x.Length / columns;
        float[] rounded = Round(x, columns, weight.PowerOfTwoScales);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
            {
                int from = (row * columns) + (group * 128), count = Math.Min(128, columns - (group * 128));
                float scale = Float8Rows.Scale(x.AsSpan(from, count).ToArray().Max(MathF.Abs), weight.PowerOfTwoScales);
                int apart = Math.Abs(BitConverter.SingleToInt32Bits(scale) - BitConverter.SingleToInt32Bits(scales[(row * groups) + group]));
                Assert.InRange(apart, 0, weight.PowerOfTwoScales ? 0 : 1);
                for (int i = from; i < from + count; i++)
                {
                    Assert.Equal(bytes[i], Float8.Round(x[i] / scale));
                    Assert.Equal(Float8.Value(bytes[i]) * scale, rounded[i]);
                }
            }
        }

        using var ops = new CpuOps(2, null, Arithmetic.FP8);
        Tensor input = ops.Arena.Allocate(rows, columns);
        x.CopyTo(input);
        Tensor product = ops.Linear(input, weight); // [rows, outputs]
        for (int row = 0; row < rows; row++)
        {
            float[] wanted = y[(row * weight.Rows)..((row + 1) * weight.Rows)];
            double error = wanted.Zip(product[row].ToArray(), (a, b) => Math.Abs((double)a - b)).Max();
            double allowed = golden.Tolerance("linear.y", "rel_to_row_max") * wanted.Max(MathF.Abs);
            Goldens.Report(golden.Name, layer + ".y" + tag, error, allowed);
            Assert.True(error <= allowed, $"{layer}.y{tag}, row {row}: {error} above {allowed}");
        }
    }

    private static float[] Round(float[] values, int columns = 0, bool powerOfTwo = false)
    {
        columns = columns == 0 ? values.Length : columns;
        using var ops = new CpuOps(1);
        Tensor x = ops.Arena.Allocate(values.Length / columns, columns);
        values.CopyTo(x);
        return new Float8Rows().Round(ops.Pool, x, powerOfTwo).ToArray();
    }

    private static float[] Run(Decoder decoder, CpuOps ops, int[] tokens)
    {
        var batch = new Batch();
        batch.Add(tokens);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }
}
