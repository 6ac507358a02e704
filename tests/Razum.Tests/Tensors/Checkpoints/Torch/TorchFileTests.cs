using System.Runtime.InteropServices;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Torch;
using Razum.Tests.Cli;

namespace Razum.Tests.Tensors.Checkpoints.Torch;

/// <summary>PyTorch files as checkpoints of models: mapped where they can be, in shards, under the prefixes of training scripts, and what is refused.</summary>
public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Matrices_stay_mapped_and_others_are_copied()
    {
        byte[] floats = Bytes(1f, 2f, 3f, 4f, 5f, 6f), halves = [0, 0x3C, 0, 0xC0], brain = [0x80, 0x3F, 0x00, 0xC0], doubles = [.. BitConverter.GetBytes(0.5), .. BitConverter.GetBytes(-8.0)];
        File.WriteAllBytes(_folder.File("pytorch_model.bin"), TorchZip.File(
            ("f", ElementType.F32, [2, 3], floats), ("h", ElementType.F16, [1, 2], halves), ("b", ElementType.BF16, [1, 2], brain), ("d", ElementType.F64, [1, 2], doubles),
            ("n", ElementType.I64, [1], BitConverter.GetBytes(7L))));
        using Checkpoint checkpoint = new(_folder.Path);
        Assert.Equal(WeightFormat.F32, checkpoint.ReadMatrix("f", 2, 3).Format);
        Assert.Equal(WeightFormat.F16, checkpoint.ReadMatrix("h", 1, 2).Format);
        Assert.Equal(WeightFormat.BF16, checkpoint.ReadMatrix("b", 1, 2).Format);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], checkpoint.ReadMatrix("f", 2, 3).ToArray());
        Assert.Equal([1f, -2f], checkpoint.ReadMatrix("h", 1, 2).ToArray());
        Assert.Equal([1f, -2f], checkpoint.ReadMatrix("b", 1, 2, trainable: true).ToArray());
        Assert.Equal([0.5f, -8f], checkpoint.ReadMatrix("d", 1, 2).ToArray());
        Assert.Equal([7f], checkpoint.ReadFloats("n"));
        Assert.All(["f", "h", "b", "d", "n"], name => Assert.Equal(0, checkpoint.Find(name)!.Begin % 64));
        Assert.Throws<InvalidDataException>(() => checkpoint.ReadMatrix("f", 3, 2));
    }

    [Fact]
    public void A_transposed_matrix_becomes_a_weight()
    {
        byte[] pickle = TorchZip.Pickle([.. "}"u8, .. TorchZip.Text("w"), .. TorchZip.Tensor("0", ElementType.F32, 6, 0, [3, 2], [1, 3]), (byte)'s']);
        File.WriteAllBytes(_folder.File("x.bin"), TorchZip.Archive([("x/data.pkl", pickle), ("x/data/0", Bytes(1f, 2f, 3f, 4f, 5f, 6f))]));
        using Checkpoint checkpoint = new(_folder.File("x.bin"));
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], checkpoint.ReadMatrix("w", 3, 2).ToArray());
    }

    [Fact]
    public void Sizes_of_64_bits_are_read()
    {
        byte[] pickle = TorchZip.Pickle(TorchZip.Dictionary(("w", ElementType.F32, [2], new byte[8])));
        File.WriteAllBytes(_folder.File("x.bin"), TorchZip.Archive([("x/data.pkl", pickle), ("x/data/0", Bytes(3f, 4f))], wide: true));
        using Checkpoint checkpoint = new(_folder.File("x.bin"));
        Assert.Equal([3f, 4f], checkpoint.ReadFloats("w"));
    }

    [Theory]
    [InlineData("state_dict", "module.")]
    [InlineData("model", "")]
    [InlineData("model_state_dict", "")]
    [InlineData(null, "module.")]
    [InlineData(null, "")]
    public void The_model_in_a_training_checkpoint_is_found(string? nest, string prefix)
    {
        (string, ElementType, long[], byte[]) weight = (prefix + "model.norm.weight", ElementType.F32, [2], Bytes(1f, 2f));
        byte[] inner = TorchZip.Dictionary(weight);
        byte[] other = [.. TorchZip.Text("optimizer"), .. "}"u8, .. TorchZip.Text("m"), .. TorchZip.Tensor("0", ElementType.F32, 2, 0, [2], [1]), (byte)'s', (byte)'s'];
        byte[] pickle = TorchZip.Pickle(nest is null ? inner : [.. "}"u8, .. other, .. TorchZip.Text(nest), .. inner, (byte)'s', .. TorchZip.Text("epoch"), (byte)'K', 3, (byte)'s']);
        File.WriteAllBytes(_folder.File("pytorch_model.bin"), TorchZip.Archive([("x/data.pkl", pickle), ("x/data/0", Bytes(1f, 2f))]));
        using Checkpoint checkpoint = new(_folder.Path);
        Assert.Equal(["model.norm.weight"], checkpoint.Names);
        Assert.Equal([1f, 2f], checkpoint.ReadVector("model.norm.weight", 2).ToArray());
    }

    [Fact]
    public async Task A_folder_of_either_kind_answers_alike_and_safetensors_come_first()
    {
        TinyModel.Write(_folder.Path);
        string safetensors = _folder.File("model.safetensors"), single = _folder.File("pytorch_model.bin"), index = single + ".index.json";
        string expected = await Answer();
        File.WriteAllText(single, "not read while there are safetensors");
        Assert.Equal(expected, await Answer());

        File.WriteAllBytes(single, TorchZip.File(safetensors));
        bool IsFirst(string name) => name.Contains("layers.0.", StringComparison.Ordinal);
        File.WriteAllBytes(_folder.File("pytorch_model-00001-of-00002.bin"), TorchZip.File(safetensors, IsFirst));
        File.WriteAllBytes(_folder.File("pytorch_model-00002-of-00002.bin"), TorchZip.File(safetensors, name => !IsFirst(name)));
        using (SafetensorsFile names = new(safetensors))
        {
            string map = string.Join(',', names.Tensors.Select(t => $"\"{t.Name}\":\"pytorch_model-0000{(IsFirst(t.Name) ? 1 : 2)}-of-00002.bin\""));
            File.WriteAllText(index, $$"""{"metadata":{"total_size":1},"weight_map":{ {{map}} } }""");
        }

        File.Delete(safetensors);
        Assert.Equal(expected, await Answer());
        var terminal = new TestTerminal();
        Assert.Equal(0, await terminal.Run("inspect", _folder.Path, "--json"));
        Assert.Contains("model.layers.1.mlp.gate.weight", terminal.Output);

        File.Delete(single);
        Assert.Equal(expected, await Answer());
        File.Delete(_folder.File("pytorch_model-00001-of-00002.bin"));
        var last = new TestTerminal();
        Assert.Equal(2, await last.Run("inspect", _folder.Path));
        Assert.Matches(@"^razum: .*index\.json: tensor \S+: file pytorch_model-00001-of-00002\.bin is missing\n$", last.Error.ToString());
    }

    [Theory]
    [InlineData("cos\nsystem\n", "os.system is refused")]
    [InlineData("ctorch\nFloatStorage\n)\u0081", "NEWOBJ is refused")]
    [InlineData("(ios\nsystem\n", "INST is refused")]
    [InlineData("ctorch\nSize\nK\u0001\u0085R", "torch.Size with these 1 arguments")]
    [InlineData("}}b", "BUILD")]
    [InlineData("}]]s", "neither text nor a number")]
    [InlineData("K\u0001", "no dictionary of tensors")]
    [InlineData("}(", "the stack is empty")]
    [InlineData("}}", "1 values too many")]
    [InlineData("", "the stack is empty")]
    [InlineData("K\u0001q\u0005", "memo 5 is written before memo 0")]
    public void Programs_are_refused_where_they_stand(string opcodes, string expected)
    {
        byte[] pickle = TorchZip.Pickle(opcodes.Select(c => (byte)c));
        string path = _folder.File("x.bin");
        File.WriteAllBytes(path, TorchZip.Archive([("x/data.pkl", pickle)]));
        string fault = Assert.Throws<InvalidDataException>(() => new TorchFile(path)).Message;
        Assert.StartsWith(path + ": ", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void Views_that_would_fill_memory_when_copied_are_refused()
    {
        // Each of them is as large as the file allows; together they are not.
        IEnumerable<byte> Items() => Enumerable.Range(0, 200).SelectMany(i => (byte[])[.. TorchZip.Text($"{i}"), .. TorchZip.Tensor("0", ElementType.F32, 2, 0, [5000], [0]), (byte)'s']);
        string path = _folder.File("x.bin");
        File.WriteAllBytes(path, TorchZip.Archive([("x/data.pkl", TorchZip.Pickle([(byte)'}', .. Items()])), ("x/data/0", new byte[8])]));
        Assert.Contains("its views would take more than", Assert.Throws<InvalidDataException>(() => new TorchFile(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_share_themselves_come_to_an_end()
    {
        // Every list holds the one before it twice; at the bottom is a tensor.
        List<byte> code = [(byte)'}', .. TorchZip.Text("x"), .. TorchZip.Tensor("0", ElementType.F32, 2, 0, [2], [1]), (byte)'q', 0];
        for (byte i = 0; i < 40; i++)
        {
            code.AddRange([(byte)'0', (byte)']', (byte)'(', (byte)'h', i, (byte)'h', i, (byte)'e', (byte)'q', (byte)(i + 1)]);
        }

        string path = _folder.File("x.bin");
        File.WriteAllBytes(path, TorchZip.Archive([("x/data.pkl", TorchZip.Pickle([.. code, (byte)'s'])), ("x/data/0", new byte[8])]));
        Assert.Contains("there is no end of them", Assert.Throws<InvalidDataException>(() => new TorchFile(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private async Task<string> Answer()
    {
        var terminal = new TestTerminal();
        int code = await terminal.Run("ask", "hi", "--model", _folder.Path, "--temperature", "0", "--max-tokens", "8", "--json");
        Assert.True(code == 0, terminal.Error.ToString());
        return terminal.Output;
    }
}
