using System.Text.Json;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Models.Gguf;

namespace Razum.Tests.Tensors.Checkpoints.Gguf;

/// <summary>Every file of the golden group <c>damaged/gguf</c> against the verdict demanded there.</summary>
[Trait("golden", "yes")]
public sealed class DamagedGgufTests
{
    private static readonly string s_folder = Path.Combine(Goldens.Root, "damaged", "gguf");

    public static TheoryData<string> Files()
    {
        TheoryData<string> files = [];
        using JsonDocument cases = Cases();
        foreach (JsonElement item in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            files.Add(item.GetProperty("file").GetString()!);
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_gets_its_verdict(string file)
    {
        using JsonDocument cases = Cases();
        JsonElement item = cases.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("file").GetString() == file);
        string verdict = item.GetProperty("verdict").GetString()!;
        string path = Path.Combine(s_folder, file);

        long before = GC.GetAllocatedBytesForCurrentThread();
        (bool opened, string? fault) = TryOpen(path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Exceptions, handles and dictionaries cost a fixed amount; the rest must follow the file, never a number in it.
        Assert.InRange(allocated, 0, 200_000 + (64 * new FileInfo(path).Length));
        if (fault is not null)
        {
            Assert.StartsWith(path + ": ", fault, StringComparison.Ordinal);
            Assert.DoesNotContain(fault, char.IsControl);
            Assert.InRange(fault.Length, path.Length + 10, path.Length + 400);
        }

        Assert.True(verdict == "either" || opened == (verdict == "ok"), $"{verdict} demanded, {item.GetProperty("why").GetString()}: {fault ?? "was read"}");
        if (item.TryGetProperty("contents", out JsonElement contents))
        {
            CheckContents(path, contents);
        }

        Goldens.Report("damaged/gguf", file, 0, 1);
    }

    private static JsonDocument Cases() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, "case.json")));

    private static (bool Opened, string? Fault) TryOpen(string path)
    {
        try
        {
            using GgufFile file = new(path);
            return (true, null);
        }
        catch (InvalidDataException fault)
        {
            return (false, fault.Message);
        }
    }

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
