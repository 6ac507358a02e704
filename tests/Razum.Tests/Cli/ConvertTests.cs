using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Tests.Cli;

/// <summary><c>razum convert</c> and <c>razum quantize</c>: files that other verbs take, and one clear line for what cannot be.</summary>
public sealed class ConvertTests
{
    [Fact]
    public async Task A_folder_becomes_a_file_that_every_verb_takes()
    {
        using TemporaryFolder folder = new();
        string model = folder.File("tiny");
        TinyModel.Write(model);
        TestTerminal terminal = new();
        string file = folder.File("tiny.gguf");
        Assert.Equal(0, await terminal.Run("convert", model, file, "--type", "f32"));
        Assert.Equal(0, await terminal.Run("inspect", file, "--json"));
        Assert.Contains("token_embd.weight", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(0, await terminal.Run("ask", "1+1?", "--model", file, "--max-tokens", "4"));
        Assert.Equal(0, await terminal.Run("quantize", file, folder.File("small.gguf"), "--type", "q8_0", "--json"));
        Assert.Contains("\"type\": \"Q8_0\"", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(0, await terminal.Run("convert", folder.File("small.gguf"), folder.File("again")));
        Assert.Equal(0, await terminal.Run("ask", "1+1?", "--model", folder.File("again"), "--max-tokens", "4"));
        Assert.Equal(2, await terminal.Run("convert", file, folder.File("again")));
        Assert.Contains("again: the folder is not empty", terminal.Error.ToString(), StringComparison.Ordinal);
        using GgufModel small = new(folder.File("small.gguf"));
        Assert.Contains(small.Tensors, t => t.Type == GgmlType.Q8_0);
    }

    [Fact]
    public async Task What_cannot_be_is_one_line()
    {
        using TemporaryFolder folder = new();
        string model = folder.File("tiny");
        TinyModel.Write(model);
        await Fails("no model folder", "convert", folder.File("missing"), folder.File("a.gguf"));
        await Fails("ends in .gguf", "convert", model, folder.File("a"));
        await Fails("ends in .gguf", "quantize", model, folder.File("a"));
        File.WriteAllBytes(folder.File("bad.gguf"), [1, 2, 3]);
        await Fails("bad.gguf: the file ends inside the magic", "quantize", folder.File("bad.gguf"), folder.File("a.gguf"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path, "a*"));

        static async Task Fails(string message, params string[] arguments)
        {
            TestTerminal terminal = new();
            Assert.Equal(2, await terminal.Run(arguments));
            Assert.Contains(message, terminal.Error.ToString(), StringComparison.Ordinal);
        }
    }
}
