using System.Text.RegularExpressions;

namespace Razum.Inference.Hub;

/// <summary>
/// The cache in the layout of Hugging Face's tools: <c>models--OWNER--NAME/blobs/HASH</c> holds contents, <c>snapshots/COMMIT/PATH</c> links to them, <c>refs/main</c>
/// names the commit. What other tools downloaded is found, and they find what Razum did.
/// </summary>
public sealed partial class HubCache(string folder)
{
    /// <summary>The folder of a repository.</summary>
    public string Repository(HubName name) => Path.Combine(folder, RepositoryName(name));

    /// <summary>The model in the cache: its folder, or its GGUF file. Null if nothing of it is there.</summary>
    /// <exception cref="InvalidDataException">Only a part of it is there, or the name fits more than one file.</exception>
    public string? Find(HubName name)
    {
        if (Commit(name, "main") is not { } commit || !Directory.Exists(Snapshot(name, commit)))
        {
            return null;
        }

        string snapshot = Snapshot(name, commit);
        List<string> present = [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
            .Where(p => Target(p).Exists)
            .Select(p => Path.GetRelativePath(snapshot, p).Replace('\\', '/'))];
        bool isFolder = HubChoice.Gguf(name, present) is null;
        bool isPart = isFolder && (HubChoice.Weights(present) is null || !present.Contains("config.json"));
        if (isPart || HubChoice.Missing(HubChoice.Files(name, present)) > 0)
        {
            throw new InvalidDataException($"{name}: only a part of it is in {Repository(name)}; razum pull {name} fetches the rest");
        }

        return HubChoice.Gguf(name, present) is { } gguf ? Path.Combine(snapshot, gguf) : snapshot;
    }

    /// <summary>The name of the model whose snapshot a folder is; null if it is none.</summary>
    public static string? NameOf(string folder)
    {
        Match match = SnapshotPath().Match(Path.GetFullPath(folder).Replace('\\', '/'));
        return match.Success ? $"{match.Groups["owner"].Value}/{match.Groups["name"].Value}" : null;
    }

    internal string Snapshot(HubName name, string commit) => Path.Combine(Repository(name), "snapshots", commit);

    internal string Blob(HubName name, string blob) => Path.Combine(Repository(name), "blobs", blob);

    internal string Lock(HubName name, string blob) => Path.Combine(folder, ".locks", RepositoryName(name), blob + ".lock");

    /// <summary>Makes a downloaded blob the file of a snapshot: as a link, or where there are none as the file itself.</summary>
    internal void Link(HubName name, string commit, HubFile file, bool links)
    {
        string path = Path.Combine(Snapshot(name, commit), file.Path), blob = Blob(name, file.Blob);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (HasFile(path, file.Size))
        {
            return;
        }

        File.Delete(path); // a link to nowhere, or a file that was cut off
        if (links && TryLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob)))
        {
            return;
        }

        File.Move(blob, path, overwrite: true);
    }

    /// <summary>Whether a file (behind a link, if it is one) is there in its full length.</summary>
    internal static bool HasFile(string path, long size) => Target(path) is { Exists: true } file && file.Length == size;

    /// <summary>Says which commit a revision is.</summary>
    internal void SetCommit(HubName name, string revision, string commit)
    {
        string path = Path.Combine(Repository(name), "refs", revision), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(temporary, commit);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The commit of a revision as last seen; without a note of it, the only one that is there.</summary>
    private string? Commit(HubName name, string revision)
    {
        string note = Path.Combine(Repository(name), "refs", revision), snapshots = Path.Combine(Repository(name), "snapshots");
        if (File.Exists(note) && File.ReadAllText(note).Trim() is var commit && CommitHash().IsMatch(commit))
        {
            return commit;
        }

        string[] all = Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots) : [];
        return all.Length == 1 ? Path.GetFileName(all[0]) : null;
    }

    /// <summary>The file behind a link, which may lead nowhere; <c>File.Exists</c> is content with the link.</summary>
    private static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && file.ResolveLinkTarget(true) is FileInfo target ? target : file;
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return File.Exists(path); // another process made it, or links are not allowed here
        }
    }

    private static string RepositoryName(HubName name) => $"models--{name.Owner}--{name.Name}";

    /// <summary>Forty hexadecimal digits.</summary>
    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    internal static partial Regex CommitHash();

    [GeneratedRegex(@"/models--(?<owner>[^/]+?)--(?<name>[^/]+)/snapshots/[0-9a-f]{40}/?\z")]
    private static partial Regex SnapshotPath();
}
