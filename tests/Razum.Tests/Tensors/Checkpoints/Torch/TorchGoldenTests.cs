using System.Text.Json;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Torch;

namespace Razum.Tests.Tensors.Checkpoints.Torch;

/// <summary>Every file of the golden group <c>torch-zip</c>: those of PyTorch bit for bit, those of attackers by the verdict demanded.</summary>
[Trait("golden", "yes")]
public sealed class TorchGoldenTests
{
    private const string Hostile = "torch-zip/hostile";

    public static TheoryData<string> Files => DamagedFiles.Of(Hostile);

    public static TheoryData<string> CaseNames =>
        [.. Goldens.Cases("torch-zip").Where(f => File.Exists(Path.Combine(f, "pytorch_model.bin"))).Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void A_file_holds_what_was_saved(string name)
    {
        string folder = Path.Combine(Goldens.Root, "torch-zip", name), path = Path.Combine(folder, "pytorch_model.bin");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        string verdict = golden.RootElement.GetProperty("verdict").GetString()!;
        TorchFile file;
        try
        {
            file = new TorchFile(path);
        }
        catch (InvalidDataException fault) when (verdict != "ok")
        {
            Assert.StartsWith(path + ": ", fault.Message, StringComparison.Ordinal);
            return;
        }

        using SafetensorsFile expected = new(Path.Combine(folder, "expected.safetensors"));
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), file.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (TensorEntry entry in expected.Tensors)
        {
            Assert.Equal((entry.Type, entry.Count), (file[entry.Name].Type, file[entry.Name].Count));
            Assert.Equal(entry.Shape, file[entry.Name].Shape);
            Assert.True(expected.Bytes(entry.Name).SequenceEqual(file.Bytes(entry.Name)), $"{name}: {entry.Name}");
            Goldens.Report($"torch-zip/{name}", entry.Name, 0, 1);
        }

        file.Dispose();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_hostile_file_gets_its_verdict_and_nothing_is_executed(string file)
    {
        DamagedFiles.Check(Hostile, file, Open, (_, _) => { });
        Assert.False(File.Exists("RAZUM_MARKER"));
        Assert.False(File.Exists(Path.Combine(Goldens.Root, Hostile, "RAZUM_MARKER")));
    }

    /// <summary>Opens a file, whole and as a model, and touches every value.</summary>
    private static void Open(string path)
    {
        using TorchFile file = new(path);
        foreach (TensorEntry entry in file.Tensors)
        {
            _ = file.Bytes(entry.Name).ToArray();
        }

        using TorchFile model = new(path, modelOnly: true);
    }
}
