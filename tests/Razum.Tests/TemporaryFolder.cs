namespace Razum.Tests;

/// <summary>A folder that is deleted with everything in it when the test ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public TemporaryFolder()
        : this(Directory.CreateTempSubdirectory("razum-"))
    {
    }

    private TemporaryFolder(DirectoryInfo folder) => Path = folder.FullName;

    public string Path { get; }

    /// <summary>A folder in memory where the system has such (Linux): for small files that are written thousands of times.</summary>
    public static TemporaryFolder InMemory() => Directory.Exists(Memory)
        ? new(Directory.CreateDirectory($"{Memory}/razum-{Guid.NewGuid():n}"))
        : new();

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
