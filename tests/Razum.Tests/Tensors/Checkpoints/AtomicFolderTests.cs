using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints;

/// <summary>A folder is there with everything in it, or not at all.</summary>
public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_new_or_empty_folder_is_filled()
    {
        string path = _folder.File("new");
        AtomicFolder.Write(path, Fill);
        Assert.Equal("whole", File.ReadAllText(Path.Combine(path, "file")));
        Directory.CreateDirectory(_folder.File("empty"));
        Directory.CreateDirectory(_folder.File("empty.tmp")); // left by a process that was killed
        File.WriteAllText(Path.Combine(_folder.File("empty.tmp"), "old"), "half");
        AtomicFolder.Write(_folder.File("empty") + Path.DirectorySeparatorChar, Fill);
        Assert.Equal(["file"], Directory.EnumerateFiles(_folder.File("empty")).Select(Path.GetFileName));
        Assert.Equal(2, Directory.EnumerateFileSystemEntries(_folder.Path).Count());
    }

    [Fact]
    public void Nothing_is_mixed()
    {
        Directory.CreateDirectory(_folder.File("full"));
        File.WriteAllText(Path.Combine(_folder.File("full"), "mine"), "kept");
        Assert.EndsWith("full: the folder is not empty", Assert.Throws<IOException>(() => AtomicFolder.Write(_folder.File("full"), _ => Assert.Fail("called"))).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("file"), "");
        Assert.Throws<IOException>(() => AtomicFolder.Write(_folder.File("file"), Fill));
        Assert.Equal(["mine"], Directory.EnumerateFiles(_folder.File("full")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_failure_leaves_nothing()
    {
        string path = _folder.File("out");
        string message = Assert.Throws<IOException>(() => AtomicFolder.Write(path, inner => throw Half(inner, new IOException("no space left")))).Message;
        Assert.Equal($"{path}: cannot be written: no space left", message);
        Assert.Throws<InvalidDataException>(() => AtomicFolder.Write(path, inner => throw Half(inner, new InvalidDataException("damaged"))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));

        static Exception Half(string inner, Exception fault)
        {
            Fill(inner);
            return fault;
        }
    }

    public void Dispose() => _folder.Dispose();

    private static void Fill(string folder) => File.WriteAllText(Path.Combine(folder, "file"), "whole");
}
