namespace Razum.Tensors.Checkpoints;

/// <summary>
/// Writes whole files or nothing: under a temporary name in the same folder, flushed to the disk, then renamed over the old file. A process killed at any
/// moment leaves the old file or the new one, and at most a <c>.tmp</c> that the next write replaces.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> with what <paramref name="write"/> puts into the stream (unbuffered: write large pieces).</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; the old file is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
        bool created = false;
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                created = true;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception fault)
        {
            if (created)
            {
                TryDelete(temporary);
            }

            if (fault is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"{path}: cannot be written: {OneLine.Quote(fault.Message)}", fault);
            }

            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // The first failure is the one to report.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
