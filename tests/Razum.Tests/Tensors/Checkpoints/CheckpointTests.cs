using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Formats;

namespace Razum.Tests.Tensors.Checkpoints;

[Trait("golden", "yes")]
public sealed class CheckpointTests
{
    private const string IndexName = "model.safetensors.index.json";

    public static TheoryData<string> CaseNames() => [.. Goldens.Cases("lm").Where(HasCheckpoint).Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Every_tensor_of_a_golden_checkpoint_becomes_a_weight(string name)
    {
        using Checkpoint checkpoint = new(Path.Combine(Goldens.Root, "lm", name));
        Assert.NotEmpty(checkpoint.Names);
        foreach (string tensor in checkpoint.Names)
        {
            TensorEntry entry = checkpoint.Find(tensor)!;
            if (entry.Type == ElementType.F8E4M3)
            {
                CheckFloat8(checkpoint, entry);
                continue;
            }

            bool isVector = entry.Shape.Count == 1;
            foreach (bool trainable in new[] { false, true })
            {
                ParameterSource source = new CheckpointParameters(checkpoint, trainable);
                using Weight weight = isVector
                    ? source.GetVector(tensor, (int)entry.Shape[0])
                    : source.Get(tensor, (int)entry.Shape[0], (int)entry.Shape[1]);
                Assert.Equal(trainable || isVector || entry.Type == ElementType.F32 ? WeightFormat.F32 : WeightFormat.BF16, weight.Format);
                Assert.Equal(isVector, weight.IsVector);
                Assert.Equal(checkpoint.ReadFloats(tensor), weight.ToArray());
            }
        }
    }

    /// <summary>Every byte times the factor of its 128 x 128 values; no size is a multiple of 128.</summary>
    private static void CheckFloat8(Checkpoint checkpoint, TensorEntry entry)
    {
        (int rows, int columns) = ((int)entry.Shape[0], (int)entry.Shape[1]);
        using SafetensorsFile file = new(Path.Combine(checkpoint.Path, "model.safetensors"));
        byte[] bytes = file.Bytes(entry.Name).ToArray();
        float[] factors = file.ReadFloats(entry.Name + "_scale_inv");
        int across = (columns + 127) / 128;
        float[] expected = [.. bytes.Select((b, i) => Float8.Value(b) * factors[(i / columns / 128 * across) + (i % columns / 128)])];
        using Weight mapped = checkpoint.ReadMatrix(entry.Name, rows, columns);
        Assert.Equal((WeightFormat.F8_E4M3, rows * columns + (factors.Length * sizeof(float))), (mapped.Format, mapped.StoredBytes));
        Assert.Equal(expected, mapped.ToArray());
        using Weight trainable = checkpoint.ReadMatrix(entry.Name, rows, columns, trainable: true);
        Assert.Equal(WeightFormat.F32, trainable.Format);
        Assert.Equal(expected, trainable.ToArray());
    }

    [Fact]
    public void Weights_of_odd_places_and_of_other_types_are_copied()
    {
        using TemporaryFolder folder = new();
        byte[] header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[1,5]},"u8.ToArray();
        header = [.. header, .. "\"f\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[5,9]},\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[9,13]}}"u8];
        byte[] data = [9, 0x80, 0x3F, 0x00, 0xC0, .. BitConverter.GetBytes(5f), .. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-3))];
        File.WriteAllBytes(folder.File("x.safetensors"), [.. BitConverter.GetBytes((long)header.Length), .. header, .. data]);
        using Checkpoint checkpoint = new(folder.File("x.safetensors"));
        Assert.Equal([1f, -2f], checkpoint.ReadVector("b", 2).ToArray());
        Assert.Equal([1f, -2f], checkpoint.ReadVector("b", 2, trainable: true).ToArray());
        Assert.Equal([5f], checkpoint.ReadMatrix("f", 1, 1).ToArray());
        Assert.Equal([1.5f, -3f], checkpoint.ReadVector("h", 2).ToArray());
        Assert.Throws<InvalidDataException>(() => checkpoint.ReadVector("a", 1));
    }

    [Fact]
    public void A_tensor_of_another_shape_or_none_is_named()
    {
        string folder = Goldens.Cases("lm").First(HasCheckpoint);
        using Checkpoint checkpoint = new(folder);
        string name = checkpoint.Names.First(n => checkpoint.Find(n)!.Shape.Count == 2);
        IReadOnlyList<long> shape = checkpoint.Find(name)!.Shape;
        CheckpointParameters source = new(checkpoint);
        Assert.EndsWith(
            $"tensor {name}: expected [1, 2], found [{shape[0]}, {shape[1]}]",
            Assert.Throws<InvalidDataException>(() => source.Get(name, 1, 2)).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => source.GetVector(name, (int)shape[0]));
        Assert.EndsWith("tensor no.such is missing", Assert.Throws<InvalidDataException>(() => source.GetVector("no.such", 3)).Message, StringComparison.Ordinal);
        Assert.False(source.Contains("no.such"));
        Assert.True(source.Contains(name));
    }

    [Theory]
    [InlineData("missing.safetensors", "file missing.safetensors is missing")]
    [InlineData("../a.safetensors", "expected the name of a file in this folder")]
    [InlineData("/etc/passwd", "expected the name of a file in this folder")]
    [InlineData("..", "expected the name of a file in this folder")]
    [InlineData("", "expected the name of a file in this folder")]
    [InlineData("b.safetensors", "tensor x is not in b.safetensors")]
    public void A_lying_index_is_refused(string file, string expected)
    {
        using TemporaryFolder folder = new();
        WriteOne(folder.File("a.safetensors"), "x");
        WriteOne(folder.File("b.safetensors"), "y");
        JsonObject index = new() { ["weight_map"] = new JsonObject { ["y"] = "b.safetensors", ["x"] = file } };
        File.WriteAllText(folder.File(IndexName), index.ToJsonString());
        string fault = Assert.Throws<InvalidDataException>(() => new Checkpoint(folder.Path)).Message;
        Assert.StartsWith(folder.File(IndexName) + ": ", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"weight_map\":[]}")]
    [InlineData("{\"weight_map\":{\"x\":1}}")]
    [InlineData("{\"weight_map\":{\"x\":\"a.safetensors\",\"x\":\"a.safetensors\"}}")]
    [InlineData("{\"weight_map\":{\"x\":\"\\ud800\"}}")]
    public void A_damaged_index_is_refused(string text)
    {
        using TemporaryFolder folder = new();
        WriteOne(folder.File("a.safetensors"), "x");
        File.WriteAllText(folder.File(IndexName), text);
        string fault = Assert.Throws<InvalidDataException>(() => new Checkpoint(folder.Path)).Message;
        Assert.StartsWith(folder.File(IndexName) + ": ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
    }

    [Fact]
    public void An_empty_folder_and_no_folder_are_named()
    {
        using TemporaryFolder folder = new();
        Assert.StartsWith(folder.Path + ": neither", Assert.Throws<InvalidDataException>(() => new Checkpoint(folder.Path)).Message, StringComparison.Ordinal);
        Assert.EndsWith("none: no such file or folder", Assert.Throws<InvalidDataException>(() => new Checkpoint(folder.File("none"))).Message, StringComparison.Ordinal);
    }

    private static bool HasCheckpoint(string folder) =>
        File.Exists(Path.Combine(folder, "model.safetensors")) || File.Exists(Path.Combine(folder, IndexName));

    private static void WriteOne(string path, string name)
    {
        SafetensorsWriter writer = new();
        writer.Add(name, new float[2], ElementType.F32, 2);
        writer.Save(path);
    }
}
