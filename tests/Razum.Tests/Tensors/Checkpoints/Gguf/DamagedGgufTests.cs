using System.Text.Json;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Models.Gguf;

namespace Razum.Tests.Tensors.Checkpoints.Gguf;

/// <summary>Every file of the golden group <c>damaged/gguf</c> against the verdict demanded there.</summary>
[Trait("golden", "yes")]
public sealed class DamagedGgufTests
{
    public static TheoryData<string> Files => DamagedFiles.Of("damaged/gguf");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_gets_its_verdict(string file) =>
        DamagedFiles.Check("damaged/gguf", file, path => new GgufFile(path).Dispose(), CheckContents);

    private static void CheckContents(string path, JsonElement contents)
    {
        using GgufFile file = new(path);
        JsonElement metadata = contents.GetProperty("metadata");
        Assert.Equal(metadata.EnumerateObject().Select(p => p.Name), file.Metadata.Keys);
        foreach (JsonProperty property in metadata.EnumerateObject())
        {
            GgufContents.CheckValue(property.Value, file.Metadata[property.Name].Value);
        }

        JsonElement[] expected = [.. contents.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(expected.Length, file.Tensors.Count);
        foreach ((JsonElement want, GgufTensor tensor) in expected.Zip(file.Tensors))
        {
            Assert.Equal(want.GetProperty("name").GetString(), tensor.Name);
            Assert.Equal(want.GetProperty("type").GetString(), tensor.Type.ToString());
            Assert.Equal(want.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64()), tensor.Dims);
            Assert.Equal(want.GetProperty("data_offset_in_file").GetInt64(), tensor.Begin);
            Assert.Equal(want.GetProperty("bytes_hex").GetString(), Convert.ToHexStringLower(file.Bytes(tensor)));
        }
    }
}
