using System.Text.Json;

namespace Razum.Tests.Tensors.Checkpoints;

/// <summary>Golden groups of damaged files: a folder of files of one kind, with the verdict demanded of each in its case.json.</summary>
internal static class DamagedFiles
{
    /// <summary>The files of a group, by name.</summary>
    public static TheoryData<string> Of(string group)
    {
        TheoryData<string> files = [];
        using JsonDocument cases = Cases(group);
        foreach (JsonElement item in cases.RootElement.GetProperty("cases").EnumerateArray())
        {
            files.Add(item.GetProperty("file").GetString()!);
        }

        return files;
    }

    /// <summary>Opens a file and holds the outcome, its message and the memory it took against what is demanded.</summary>
    /// <param name="group">Folder of the group, such as <c>damaged/gguf</c>.</param>
    /// <param name="file">One of <see cref="Of"/>.</param>
    /// <param name="open">Opens the file at a path and closes it again; a refusal is an <see cref="InvalidDataException"/>.</param>
    /// <param name="checkContents">Compares what is in the file at a path with what is demanded.</param>
    public static void Check(string group, string file, Action<string> open, Action<string, JsonElement> checkContents)
    {
        using JsonDocument cases = Cases(group);
        JsonElement item = cases.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("file").GetString() == file);
        string verdict = item.GetProperty("verdict").GetString()!;
        string path = Path.Combine(Folder(group), file);

        long before = GC.GetAllocatedBytesForCurrentThread();
        string? fault = FaultOf(open, path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Exceptions, handles and dictionaries cost a fixed amount; the rest must follow the file, never a number in it.
        Assert.InRange(allocated, 0, 200_000 + (64 * new FileInfo(path).Length));
        if (fault is not null)
        {
            Assert.StartsWith(path + ": ", fault, StringComparison.Ordinal);
            Assert.DoesNotContain(fault, char.IsControl);
            Assert.InRange(fault.Length, path.Length + 10, path.Length + 400);
        }

        Assert.True(verdict == "either" || fault is null == (verdict == "ok"), $"{verdict} demanded, {item.GetProperty("why").GetString()}: {fault ?? "was read"}");
        if (item.TryGetProperty("contents", out JsonElement contents))
        {
            checkContents(path, contents);
        }

        Goldens.Report(group, file, 0, 1);
    }

    private static string? FaultOf(Action<string> open, string path)
    {
        try
        {
            open(path);
            return null;
        }
        catch (InvalidDataException fault)
        {
            return fault.Message;
        }
    }

    private static string Folder(string group) => Path.Combine(Goldens.Root, group);

    private static JsonDocument Cases(string group) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder(group), "case.json")));
}
