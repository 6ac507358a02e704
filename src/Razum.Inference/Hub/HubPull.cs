using System.Globalization;

namespace Razum.Inference.Hub;

/// <summary>Brings a model from the Hub into the cache: what is missing of it, four requests at once, every file checked by its hash.</summary>
public sealed class HubPull(HubSettings settings)
{
    private const int Requests = 4;

    private readonly HubCache _cache = new(settings.CacheFolder);
    private long _done;

    /// <summary>Told before anything is downloaded: how many files the model has, their bytes, and how many of these are still to come.</summary>
    public Action<int, long, long>? Planned { get; init; }

    /// <summary>Told again and again how many bytes of all are there. Called on several threads.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Downloads what is missing; the result is the model's folder in the cache, or its GGUF file.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="cancellation">Stops; what has come stays for the next time.</param>
    /// <exception cref="IOException">The server refuses or cannot be reached, or the disk is full. One line.</exception>
    /// <exception cref="InvalidDataException">There is no such file, or what came is not what was announced. One line.</exception>
    public async Task<string> Run(HubName name, string revision = "main", CancellationToken cancellation = default)
    {
        if (settings.Offline)
        {
            return _cache.Find(name) ?? throw new IOException($"{name}: not in {settings.CacheFolder}, and HF_HUB_OFFLINE is set");
        }

        using var client = new HubClient(settings);
        string commit = await client.Commit(name, revision, cancellation).ConfigureAwait(false);
        List<HubFile> listed = await client.List(name, commit, cancellation).ConfigureAwait(false);
        Dictionary<string, HubFile> files = new(StringComparer.Ordinal);
        foreach (HubFile file in listed)
        {
            files[file.Path] = file;
        }

        List<string> chosen = HubChoice.Files(name, files.Keys);
        string? unsafePath = chosen.FirstOrDefault(p => !IsSafe(p));
        if (unsafePath is not null)
        {
            throw new InvalidDataException($"{name}: the server lists a file {Tensors.Checkpoints.OneLine.Quote(unsafePath)}, which is no path inside a model");
        }

        HubFile[] model = [.. chosen.Select(p => files[p]).OrderBy(f => f.Size)];
        HubFile[] missing = [.. model.Where(f => !HubCache.HasFile(Path.Combine(_cache.Snapshot(name, commit), f.Path), f.Size))];
        long total = model.Sum(f => f.Size), left = missing.Sum(f => f.Size - Have(name, f));
        CheckSpace(name, left);
        Planned?.Invoke(model.Length, total, left);
        Add(total - missing.Sum(f => f.Size));
        using var slots = new SemaphoreSlim(Requests);
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = Requests, CancellationToken = cancellation }, async (file, stop) =>
        {
            string blob = _cache.Blob(name, file.Blob);
            await new BlobDownload(client, settings, slots, Add).Run(name, commit, file, blob, _cache.Lock(name, file.Blob), stop).ConfigureAwait(false);
            _cache.Link(name, commit, file, settings.Links);
        }).ConfigureAwait(false);
        if (!HubCache.CommitHash().IsMatch(revision) && IsSafe(revision))
        {
            _cache.SetCommit(name, revision, commit);
        }

        string snapshot = _cache.Snapshot(name, commit);
        return HubChoice.Gguf(name, chosen) is { } gguf ? Path.Combine(snapshot, gguf) : snapshot;
    }

    /// <summary>Whether a path from a server stays inside the folder it is put in, on every system.</summary>
    private static bool IsSafe(string path) => path.Length is > 0 and < 1024
        && !path.Any(c => char.IsControl(c) || c is '\\' or ':')
        && path.Split('/').All(part => part.Length > 0 && part is not ("." or ".."));

    /// <summary>Bytes of a file that need not come again.</summary>
    private long Have(HubName name, HubFile file)
    {
        string blob = _cache.Blob(name, file.Blob), incomplete = blob + ".incomplete";
        return HubCache.HasFile(blob, file.Size) ? file.Size : File.Exists(incomplete) ? Math.Min(new FileInfo(incomplete).Length, file.Size) : 0;
    }

    /// <summary>A disk that cannot hold the model is told before the first byte.</summary>
    private void CheckSpace(HubName name, long needed)
    {
        Directory.CreateDirectory(_cache.Repository(name));
        long free;
        try
        {
            free = new DriveInfo(Path.GetFullPath(_cache.Repository(name))).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return; // a place whose space is not known
        }

        if (free < needed)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {needed / 1e9:0.00} GB are to come, {settings.CacheFolder} has room for {free / 1e9:0.00} GB"));
        }
    }

    private void Add(long bytes) => Progress?.Invoke(Interlocked.Add(ref _done, bytes));
}
