using System.Buffers.Binary;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints;

/// <summary>Damaged safetensors by the thousand, from a fixed seed: read or refused in one line, in memory that follows the file. See <see cref="Mutation.Times"/>.</summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    [Fact]
    public void Whole_files()
    {
        byte[] sound = Sound();
        var random = new Random(31);
        int count = 1500 * Mutation.Times, read = 0;
        for (int n = 0; n < count; n++)
        {
            read += Try(n == 0 ? sound : n < sound.Length ? sound[..n] : Mutate(sound, random)) ? 1 : 0;
        }

        Assert.True(read > count / 100, $"only {read} of {count} were read: the mutations are too wild to test what is behind");
    }

    /// <summary>The length in front of the header follows its damage, and so does the size of the file.</summary>
    [Fact]
    public void Headers()
    {
        byte[] sound = Sound();
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(sound);
        byte[] header = sound[8..(8 + length)], rest = sound[(8 + length)..];
        var random = new Random(32);
        int count = 2500 * Mutation.Times, read = 0;
        for (int n = 0; n < count; n++)
        {
            byte[] damaged = Mutate(header, random), before = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(before, damaged.Length);
            read += Try([.. before, .. damaged, .. rest]) ? 1 : 0;
        }

        Assert.True(read > count / 100, $"only {read} of {count} were read");
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Sound()
    {
        string path = _folder.File("sound.safetensors");
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        writer.Add("model.a", new float[12], ElementType.F32, 3, 4);
        writer.Add("model.b", new float[10], ElementType.BF16, 2, 5);
        writer.Save(path);
        return File.ReadAllBytes(path);
    }

    private bool Try(byte[] bytes) => FuzzedFile.Try(_folder.File("x.safetensors"), bytes, path => new SafetensorsFile(path));

    private static byte[] Mutate(byte[] bytes, Random random) => Mutation.Of(bytes, random, "0123456789{}[]\",:-.eFBIU\\u"u8, 2);
}
