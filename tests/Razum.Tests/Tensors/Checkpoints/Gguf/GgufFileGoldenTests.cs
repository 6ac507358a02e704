using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Models.Gguf;

namespace Razum.Tests.Tensors.Checkpoints.Gguf;

/// <summary>Every container of the golden group <c>gguf/files</c>: metadata, tensors, values, and the same bytes when it is written again.</summary>
[Trait("golden", "yes")]
public sealed class GgufFileGoldenTests
{
    public static TheoryData<string> Cases => [.. Goldens.Cases("gguf/files").Select(f => Path.GetFileName(f)!)];

    [Fact]
    public void There_are_cases() => Assert.NotEmpty(Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Metadata_and_tensors(string name)
    {
        using JsonDocument golden = Case(name);
        foreach (JsonProperty file in golden.RootElement.GetProperty("metadata").EnumerateObject())
        {
            using GgufFile gguf = new(Path.Combine(Folder(name), file.Name));
            GgufContents.CheckMetadata(file.Value, gguf.Metadata);
            JsonElement[] own = [.. golden.RootElement.GetProperty("gguf_tensors").EnumerateArray().Where(t => !t.TryGetProperty("file", out JsonElement f) || f.GetString() == file.Name)];
            GgufContents.CheckTensors(JsonSerializer.SerializeToElement(own), [.. gguf.Tensors], "offset_in_file");
        }

        Goldens.Report("gguf/files", name, 0, 1);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values(string name)
    {
        using JsonDocument golden = Case(name);
        string first = Path.Combine(Folder(name), golden.RootElement.GetProperty("files")[0].GetString()!);
        if (golden.RootElement.TryGetProperty("note", out JsonElement note) && note.GetString() == "verdict: error")
        {
            string missing = Assert.Throws<InvalidDataException>(() => new GgufModel(first)).Message;
            Assert.Contains("-00002-of-", missing, StringComparison.Ordinal);
            return;
        }

        using GgufModel model = new(first);
        string values = Path.Combine(Folder(name), "expected.safetensors");
        if (!File.Exists(values))
        {
            return;
        }

        using SafetensorsFile expected = new(values);
        Assert.Equal(expected.Tensors.Count, model.Tensors.Count());
        foreach (TensorEntry entry in expected.Tensors)
        {
            GgufTensor tensor = model.Find(entry.Name)!;
            Assert.Equal(entry.Shape, tensor.Shape);
            if (tensor.Type.Format() is not null)
            {
                Assert.Equal(expected.ReadFloats(entry.Name), model.ReadFloats(entry.Name));
            }
            else
            {
                Assert.Equal(expected.Bytes(entry.Name), model.Bytes(entry.Name));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Written_again_it_is_the_same_file(string name)
    {
        using TemporaryFolder folder = new();
        foreach (string path in Directory.EnumerateFiles(Folder(name), "*.gguf"))
        {
            using GgufFile file = new(path);
            string copy = Path.Combine(folder.Path, Path.GetFileName(path));
            GgufWriter writer = new();
            foreach ((string key, GgufValue value) in file.Metadata)
            {
                writer.Set(key, value);
            }

            foreach (GgufTensor tensor in file.Tensors)
            {
                writer.Add(tensor.Name, tensor.Type, tensor.Dims, stream => stream.Write(file.Bytes(tensor)));
            }

            writer.Save(copy);
            byte[] expected = File.ReadAllBytes(path);
            expected[4] = 3; // the version that is written
            byte[] actual = File.ReadAllBytes(copy);
            if (file.Tensors.Count == 0)
            {
                Array.Resize(ref actual, expected.Length); // some writers pad a header that nothing follows
                Assert.InRange(expected.Length, new FileInfo(copy).Length, new FileInfo(copy).Length + file.Alignment - 1);
            }

            Assert.Equal(expected, actual);
        }
    }

    private static string Folder(string name) => Path.Combine(Goldens.Root, "gguf", "files", name);

    private static JsonDocument Case(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(name), "case.json")));
}
