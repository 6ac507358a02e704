using Razum.Inference;
using Razum.Inference.Measures;
using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Repository;

namespace Razum.Tests.Inference.Measures;

/// <summary>Importance matrices of whole models: every matrix has its sums under the name that its file has for it, and quantising is better for them.</summary>
public sealed class ImportanceRunTests
{
    private static readonly TextOptions s_options = new() { Context = 32, Chunks = 3, Threads = 1 };

    public static TheoryData<string> Models => [.. Goldens.Cases("gguf/models").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [Trait("golden", "yes")]
    [MemberData(nameof(Models))]
    public void Every_matrix_of_a_file_has_sums(string name)
    {
        using TemporaryFolder folder = new();
        using GgufModel model = new(Path.Combine(Goldens.Root, "gguf", "models", name, "model.gguf"));
        File.WriteAllText(folder.File("text"), string.Concat(Enumerable.Range(0, 200).Select(i => $"{i} apples and {i * i} pears.\n")));
        ImportanceReport report = new ImportanceRun(s_options) { ProcessOutput = true }.Run(
            model.Path, folder.File("text"), folder.File("out.gguf"), TestContext.Current.CancellationToken);
        ImportanceMatrix matrix = ImportanceMatrix.Read(folder.File("out.gguf"));
        int layers = GgufConfig.Read(model).NumHiddenLayers;
        bool isTied = model.Find("output.weight") is null;
        GgufTensor[] multiplied =
        [
            .. model.Tensors.Where(t => t.Dims.Count > 1 || t.Name.EndsWith(".ffn_gate_inp_shexp.weight", StringComparison.Ordinal)) // one row: a file may have it as a vector
                .Where(t => !t.Name.StartsWith($"blk.{layers}.", StringComparison.Ordinal) && (isTied || t.Name != "token_embd.weight")),
        ];
        Assert.All(multiplied, t => Assert.True(matrix.Find(t.Name, t.Dims[0], t.Dims.Count > 2 ? t.Dims[2] : 1) is not null, t.Name));
        Assert.Equal(multiplied.Length, report.Tensors);
        Assert.Equal((3, 96), (report.Chunks, report.Tokens));
    }

    [Fact]
    public void Quantising_with_it_lowers_the_error_that_it_weighs()
    {
        using TemporaryFolder folder = new();
        string nano = Path.Combine(RepositoryFolder.Root, "models", "nano");
        new ImportanceRun(s_options with { Context = 256 }).Run(
            nano, Path.Combine(RepositoryFolder.Root, "README.md"), folder.File("imatrix.gguf"), TestContext.Current.CancellationToken);
        ImportanceMatrix matrix = ImportanceMatrix.Read(folder.File("imatrix.gguf"));
        Assert.Null(matrix.Find("output.weight", 128, 1));
        ModelConversion.ToGguf(nano, folder.File("whole.gguf"), Mixture.Find("F32")!, threads: 1);
        ModelConversion.ToGguf(nano, folder.File("plain.gguf"), Mixture.Find("Q4_K_M")!, threads: 1);
        ModelConversion.ToGguf(nano, folder.File("weighted.gguf"), Mixture.Find("Q4_K_M")!, matrix, threads: 1);
        Assert.InRange(Error("weighted.gguf"), 1e-9, 0.98 * Error("plain.gguf"));

        double Error(string file)
        {
            using GgufModel whole = new(folder.File("whole.gguf")), quantised = new(folder.File(file));
            double sum = 0;
            foreach (GgufTensor tensor in whole.Tensors.Where(t => t.Dims.Count > 1))
            {
                int columns = (int)tensor.Dims[0], matrices = tensor.Dims.Count > 2 ? (int)tensor.Dims[2] : 1;
                if (matrix.Find(tensor.Name, columns, matrices) is not { } weights)
                {
                    continue;
                }

                float[] exact = whole.ReadFloats(tensor.Name), rounded = quantised.ReadFloats(tensor.Name);
                int rows = exact.Length / columns / matrices;
                for (int i = 0; i < exact.Length; i++)
                {
                    int own = weights.Length == columns ? 0 : i / columns / rows;
                    sum += weights[(own * columns) + (i % columns)] * Math.Pow(exact[i] - rounded[i], 2);
                }
            }

            return sum;
        }
    }

    [Fact]
    public void What_is_stopped_or_too_short_writes_nothing()
    {
        using TemporaryFolder folder = new();
        Cli.TinyModel.Write(folder.File("tiny"));
        File.WriteAllText(folder.File("text"), new string('a', 200));
        Assert.Throws<OperationCanceledException>(() => Run(s_options, new CancellationToken(canceled: true)));
        Assert.Contains("text: fewer tokens than one chunk of 128", Assert.Throws<InvalidDataException>(() => Short()).Message, StringComparison.Ordinal);
        Assert.Contains("from 1 to 128", Assert.Throws<ArgumentException>(() => Run(s_options with { Context = 129 }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "out*"));

        ImportanceReport Run(TextOptions options, CancellationToken cancellation) =>
            new ImportanceRun(options).Run(folder.File("tiny"), folder.File("text"), folder.File("out.gguf"), cancellation);

        ImportanceReport Short()
        {
            File.WriteAllText(folder.File("text"), "short");
            return Run(s_options with { Context = 128 }, TestContext.Current.CancellationToken);
        }
    }
}
