namespace Razum.Tensors.Checkpoints;

/// <summary>
/// Fills whole folders or none: under a temporary name beside the folder, renamed when everything is in it. A process killed at any moment leaves at most a
/// <c>.tmp</c> that the next write replaces. Never mixes with what is there: the folder must be new or empty.
/// </summary>
public static class AtomicFolder
{
    /// <summary>Makes <paramref name="path"/> of what <paramref name="fill"/> writes into the folder that it is given.</summary>
    /// <exception cref="IOException">The folder has something in it, or the disk is full; nothing is left behind.</exception>
    public static void Write(string path, Action<string> fill)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), temporary = folder + ".tmp";
        if (File.Exists(folder))
        {
            throw new IOException($"{path}: is a file, not a folder");
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"{path}: the folder is not empty");
        }

        try
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            Directory.CreateDirectory(temporary);
            fill(temporary);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder); // empty, or filled by another meanwhile: then this fails
            }

            Directory.Move(temporary, folder);
        }
        catch (Exception fault)
        {
            TryDelete(temporary);
            if (fault is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"{path}: cannot be written: {OneLine.Quote((fault.InnerException ?? fault).Message)}", fault);
            }

            throw;
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report.
        }
    }
}
