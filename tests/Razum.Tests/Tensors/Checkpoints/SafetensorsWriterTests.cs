using System.Diagnostics;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void What_is_written_is_read_back_bit_for_bit()
    {
        using TemporaryFolder folder = new();
        float[] floats = [1f, -0f, float.NaN, float.PositiveInfinity, float.Epsilon, 3.4e38f];
        long[] numbers = [long.MinValue, 0, long.MaxValue];
        byte[] bytes = [0, 127, 255];
        using Weight weight = Weight.Create("model.norm.weight", 1, 6, isVector: true);
        floats.CopyTo(weight.AsSpan());
        SafetensorsWriter writer = new();
        writer.AddMetadata("format", "pt");
        writer.Add("bytes", bytes, 3);
        writer.Add("a \"quoted\"\nname \u00e9\ud83d\ude00", floats, ElementType.F32, 2, 3);
        writer.Add("numbers", numbers, 3, 1);
        writer.Add("one", new float[] { 7 }, ElementType.F32);
        writer.Add("none", Array.Empty<float>(), ElementType.BF16, 0, 4);
        writer.Add(weight, ElementType.F32);
        writer.Save(folder.File("x.safetensors"));

        using SafetensorsFile file = new(folder.File("x.safetensors"));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(6, file.Tensors.Count);
        Assert.Equal(floats.Select(BitConverter.SingleToUInt32Bits), file.ReadFloats("a \"quoted\"\nname \u00e9\ud83d\ude00").Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal([2, 3], file["a \"quoted\"\nname \u00e9\ud83d\ude00"].Shape);
        Assert.Equal(numbers, file.ReadLongs("numbers"));
        Assert.Equal(bytes, file.Bytes("bytes"));
        Assert.Equal([7f], file.ReadFloats("one"));
        Assert.Empty(file["one"].Shape);
        Assert.Equal([0, 4], file["none"].Shape);
        Assert.Equal([6], file["model.norm.weight"].Shape);
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Begin % Math.Max(1, t.Type.Bits() / 8)));
        Assert.Equal([folder.File("x.safetensors")], Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_order_of_adding()
    {
        using TemporaryFolder folder = new();
        (string Name, ElementType Type)[] tensors = [("b", ElementType.BF16), ("a", ElementType.BF16), ("c", ElementType.F32)];
        foreach ((string file, IEnumerable<(string Name, ElementType Type)> order) in new[] { ("1", tensors), ("2", tensors.Reverse()) })
        {
            SafetensorsWriter writer = new();
            foreach ((string name, ElementType type) in order)
            {
                writer.Add(name, new float[] { name[0], 2 }, type, 2);
            }

            writer.Save(folder.File(file));
        }

        Assert.Equal(File.ReadAllBytes(folder.File("1")), File.ReadAllBytes(folder.File("2")));
    }

    [Theory]
    [InlineData(0x3F800000u, 0x3F80)] // exact
    [InlineData(0x3F808000u, 0x3F80)] // tie, down to even
    [InlineData(0x3F818000u, 0x3F82)] // tie, up to even
    [InlineData(0x3F808001u, 0x3F81)] // above the tie
    [InlineData(0x3F807FFFu, 0x3F80)] // below the tie
    [InlineData(0x7F7FFFFFu, 0x7F80)] // the largest becomes infinite
    [InlineData(0xFF800000u, 0xFF80)]
    [InlineData(0x7F800001u, 0x7FC0)] // a NaN whose upper bits alone would be infinity
    [InlineData(0x80000001u, 0x8000)]
    public void BF16_is_the_nearest_with_ties_to_even(uint bits, int expected)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.Add("x", new[] { BitConverter.UInt32BitsToSingle(bits) }, ElementType.BF16, 1);
        writer.Save(folder.File("x"));
        using SafetensorsFile file = new(folder.File("x"));
        Assert.Equal(expected, BitConverter.ToUInt16(file.Bytes("x")));
    }

    [Fact]
    public void A_mapped_checkpoint_is_copied_bit_for_bit_through_every_form()
    {
        using TemporaryFolder folder = new();
        foreach (string golden in Goldens.Cases("lm").Where(f => File.Exists(Path.Combine(f, "model.safetensors"))).Take(3))
        {
            using Checkpoint original = new(golden);
            SafetensorsWriter writer = new();
            foreach (string name in original.Names.Where(n => original.Find(n)!.Type is ElementType.BF16 or ElementType.F32))
            {
                // F32 masters and mapped weights must give back the same stored values.
                TensorEntry entry = original.Find(name)!;
                bool trainable = name.Length % 2 == 0;
                Weight weight = entry.Shape.Count == 1
                    ? original.ReadVector(name, (int)entry.Shape[0], trainable)
                    : original.ReadMatrix(name, (int)entry.Shape[0], (int)entry.Shape[1], trainable);
                writer.Add(weight, entry.Type);
            }

            writer.Save(folder.File("copy"));
            using SafetensorsFile copy = new(folder.File("copy"));
            using SafetensorsFile source = new(Path.Combine(golden, "model.safetensors"));
            Assert.All(copy.Tensors, t => Assert.True(copy.Bytes(t.Name).SequenceEqual(source.Bytes(t.Name)), t.Name));
        }
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("x");
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            throw new InvalidOperationException("in the middle");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_named()
    {
        string path = Path.Combine(Path.GetTempPath(), "razum-no-such-folder", "x");
        Assert.StartsWith($"{path}: cannot be written: ", Assert.Throws<IOException>(() => AtomicFile.Write(path, _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.Path), "a small tmpfs cannot be mounted here");
        try
        {
            string path = folder.File("model.safetensors");
            SafetensorsWriter small = new();
            small.Add("x", new float[1000], ElementType.F32, 1000);
            small.Save(path);
            byte[] old = File.ReadAllBytes(path);

            SafetensorsWriter large = new();
            large.Add("x", new float[1 << 20], ElementType.F32, 1 << 20);
            string fault = Assert.Throws<IOException>(() => large.Save(path)).Message;
            Assert.StartsWith($"{path}: cannot be written: ", fault, StringComparison.Ordinal);
            Assert.DoesNotContain(fault, char.IsControl);
            Assert.Equal(old, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.EnumerateFiles(folder.Path));
        }
        finally
        {
            Run("umount", folder.Path);
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        SafetensorsWriter writer = new();
        writer.Add("x", new float[2], ElementType.F32, 2);
        Assert.Throws<ArgumentException>(() => writer.Add("x", new float[2], ElementType.F32, 2));
        Assert.Throws<ArgumentException>(() => writer.Add("y", new float[2], ElementType.F32, 3));
        Assert.Throws<ArgumentException>(() => writer.Add("z", new float[2], ElementType.F16, 2));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", new float[2], ElementType.F32, 2));
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
