using System.Buffers.Binary;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Cli;

namespace Razum.Tests.Models;

/// <summary>
/// Damaged models by the thousand, from fixed seeds: a config beside sound weights, and whole GGUF files with configuration, vocabulary and tensors. Each loads or
/// is refused in one line that names the file. See <see cref="Mutation.Times"/>.
/// </summary>
public sealed class ModelFuzzTests : IDisposable
{
    // Objects and texts made of a file take many times its bytes, but in proportion.
    private const long Fixed = 4_000_000, OfAByte = 256;

    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    [Fact]
    public void Configs()
    {
        string[] cases = [.. Goldens.Cases("lm").Where(f => File.Exists(Path.Combine(f, "config.json")))];
        Assert.SkipUnless(cases.Length > 0, "no golden models");
        Checkpoint[] checkpoints = [.. cases.Select(c => new Checkpoint(c))];
        byte[][] configs = [.. cases.Select(c => File.ReadAllBytes(Path.Combine(c, "config.json")))];
        string path = _folder.File("config.json");
        var random = new Random(41);
        int count = 3000 * Mutation.Times, loaded = 0;
        for (int n = 0; n < count; n++)
        {
            int which = n % cases.Length;
            byte[] bytes = n < cases.Length ? configs[which] : Mutate(configs[which], random);
            File.WriteAllBytes(path, bytes);
            loaded += Try(path, bytes.Length, () => new Decoder(ModelConfigReader.Read(path), new CheckpointParameters(checkpoints[which])), checkpoints[which].Path) ? 1 : 0;
        }

        Array.ForEach(checkpoints, c => c.Dispose());
        Assert.True(loaded > count / 100, $"only {loaded} of {count} were loaded: the mutations are too wild to test what is behind");
    }

    [Fact]
    public void Gguf()
    {
        byte[] sound = SmallModel();
        int header = Header(sound);
        string path = _folder.File("x.gguf");
        var random = new Random(42);
        int count = 1500 * Mutation.Times, loaded = 0;
        for (int n = 0; n < count; n++)
        {
            byte[] bytes = n == 0 ? sound : n % 8 == 0 ? sound[..random.Next(sound.Length)] : [.. Damaged(sound, header, random), .. sound.AsSpan(header)];
            File.WriteAllBytes(path, bytes);
            loaded += Try(path, bytes.Length, () => ModelBundle.Load(path).Dispose(), path) ? 1 : 0;
        }

        Assert.True(loaded > count / 100, $"only {loaded} of {count} were loaded: the mutations are too wild to test what is behind");
    }

    public void Dispose() => _folder.Dispose();

    private static bool Try(string path, int length, Action load, string weights)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool loaded = true;
        try
        {
            load();
        }
        catch (InvalidDataException fault)
        {
            Assert.True(fault.Message.StartsWith(path, StringComparison.Ordinal) || fault.Message.StartsWith(weights, StringComparison.Ordinal), fault.Message);
            Assert.False(fault.Message.Any(char.IsControl), fault.Message);
            loaded = false;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Fixed + (OfAByte * length));
        return loaded;
    }

    private byte[] SmallModel()
    {
        TinyModel.Write(_folder.File("model"));
        string file = _folder.File("sound.gguf");
        ModelConversion.ToGguf(_folder.File("model"), file, Mixture.Find("q8_0")!);
        return File.ReadAllBytes(file);
    }

    // Where the first tensor begins: what lies before it is metadata.
    private int Header(byte[] sound)
    {
        using GgufFile file = new(_folder.File("sound.gguf"));
        return (int)file.Tensors.Min(t => t.Begin);
    }

    // Bytes changed in place keep everything behind them where it is; others move it.
    private static byte[] Damaged(byte[] sound, int header, Random random)
    {
        byte[] start = sound[..header];
        if (random.Next(3) == 0)
        {
            return Mutate(start, random);
        }

        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(start.Length - 8);
            switch (random.Next(4))
            {
                case 0: start[at] = (byte)random.Next(256); break;
                case 1: start[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(at), random.Next(-2, 300)); break;
                default: BinaryPrimitives.WriteInt64LittleEndian(start.AsSpan(at), random.NextInt64() >> random.Next(64)); break;
            }
        }

        return start;
    }

    private static byte[] Mutate(byte[] bytes, Random random) => Mutation.Of(bytes, random, "0123456789{}[]\",:-.e"u8, 3);
}
