using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Torch;

namespace Razum.Tests.Tensors.Checkpoints.Torch;

/// <summary>
/// Damaged PyTorch files by the thousand, from a fixed seed: everything is read or refused in one line, in memory that follows the file. See <see cref="Mutation.Times"/>.
/// </summary>
public sealed class TorchFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    [Fact]
    public void Archives_and_streams()
    {
        byte[][] seeds = [.. Goldens.Cases("torch-zip").Select(f => Path.Combine(f, "pytorch_model.bin")).Where(File.Exists).Select(File.ReadAllBytes)];
        Assert.SkipUnless(seeds.Length > 0, "no golden files");
        var random = new Random(21);
        int count = 800 * Mutation.Times, read = 0;
        for (int n = 0; n < count; n++)
        {
            read += Try(n < seeds.Length ? seeds[n] : Mutate(seeds[n % seeds.Length], random)) ? 1 : 0;
        }

        Assert.True(read > count / 100, $"only {read} of {count} were read: the mutations are too wild to test what is behind");
    }

    /// <summary>The archive is sound around a damaged pickle.</summary>
    [Fact]
    public void Pickles()
    {
        (string, ElementType, long[], byte[])[] tensors = [("a", ElementType.F32, [2, 3], new byte[24]), ("module.b", ElementType.BF16, [4], new byte[8])];
        byte[] list = [.. TorchZip.Text("rest"), (byte)']', (byte)'(', .. TorchZip.Whole(5), .. TorchZip.Tensor("0", ElementType.F32, 6, 1, [2, 2], [1, 2]), (byte)'G', .. new byte[8], (byte)'e', (byte)'s'];
        byte[] pickle = TorchZip.Pickle([.. TorchZip.Dictionary(tensors), .. list]);
        var random = new Random(22);
        int count = 1200 * Mutation.Times, read = 0;
        for (int n = 0; n < count; n++)
        {
            byte[] mutated = n == 0 ? pickle : Mutate(pickle, random);
            read += Try(TorchZip.Archive([("x/data.pkl", mutated), ("x/data/0", new byte[24]), ("x/data/1", new byte[8])])) ? 1 : 0;
        }

        Assert.True(read > count / 100, $"only {read} of {count} were read");
    }

    public void Dispose() => _folder.Dispose();

    private bool Try(byte[] bytes) => FuzzedFile.Try(_folder.File("x.bin"), bytes, path => new TorchFile(path, modelOnly: true));

    private static byte[] Mutate(byte[] bytes, Random random) => Mutation.Of(bytes, random, "()]}.0129NKMJGXqhrjQRbsuaetc\u0085\u0086"u8, 2);
}
