using System.Globalization;

namespace Razum.Training.Checkpoints;

/// <summary>
/// The folders of a run's output: <c>step-000200</c>, <c>step-000400</c>, ..., <c>best</c>, <c>final</c>. A folder is filled under the name
/// <c>*.tmp</c> and then renamed, so that what bears its name is whole.
/// </summary>
internal sealed class CheckpointFolders(string output)
{
    private const string Prefix = "step-";
    private const string Unfinished = ".tmp";
    private const string Replaced = ".old";

    public string Of(int step) => Path.Combine(output, Prefix + step.ToString("d6", CultureInfo.InvariantCulture));

    /// <summary>Whole checkpoints, latest last.</summary>
    public IReadOnlyList<(int Step, string Folder)> All() => !Directory.Exists(output)
        ? []
        : [.. Directory.EnumerateDirectories(output, Prefix + "*")
            .Select(f => (Step: StepOf(f), f))
            .Where(f => f.Step >= 0)
            .Order()];

    /// <summary>Removes what a killed process left unfinished.</summary>
    public void Clean()
    {
        if (!Directory.Exists(output))
        {
            return;
        }

        foreach (string folder in Directory.EnumerateDirectories(output, "*" + Unfinished))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (string file in Directory.EnumerateFiles(output, "*" + Unfinished, SearchOption.AllDirectories))
        {
            File.Delete(file); // of a picture, say: nothing else would replace it once the last step is done
        }

        foreach (string folder in Directory.EnumerateDirectories(output, "*" + Replaced))
        {
            string target = folder[..^Replaced.Length];
            if (Directory.Exists(target))
            {
                Directory.Delete(folder, recursive: true);
            }
            else
            {
                Directory.Move(folder, target);
            }
        }
    }

    /// <summary>Fills a folder and gives it its name; an older one of that name is replaced.</summary>
    /// <exception cref="IOException">The disk is full; what was there before stays.</exception>
    public static void Write(string folder, Action<string> fill)
    {
        string unfinished = folder + Unfinished;
        try
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            Directory.CreateDirectory(unfinished);
            fill(unfinished);
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, folder + Replaced);
            }

            Directory.Move(unfinished, folder);
            if (Directory.Exists(folder + Replaced))
            {
                Directory.Delete(folder + Replaced, recursive: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            TryDelete(unfinished);
            throw new IOException(
                $"{folder}: checkpoint not written, the one before it is untouched: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    /// <summary>Deletes all but the latest <paramref name="keep"/> checkpoints.</summary>
    public void Prune(int keep)
    {
        foreach ((_, string folder) in All().SkipLast(keep))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // -1 for folders that are not whole checkpoints.
    private static int StepOf(string folder) =>
        int.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : -1;

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
