using System.Security.Cryptography;

namespace Razum.Training.Data.Files;

/// <summary>
/// Files of rows in the formats that data sets are published in, by their endings: JSON lines (<c>.jsonl</c>, <c>.ndjson</c>), JSON (<c>.json</c>: an object or
/// a list of them), Parquet (<c>.parquet</c>), comma-separated values (<c>.csv</c>).
/// </summary>
public static class DataFiles
{
    private const int HashedAtOnce = 1 << 20;

    private static readonly string[] s_endings = [".jsonl", ".ndjson", ".json", ".parquet", ".csv"];

    /// <summary>
    /// The files that <paramref name="path"/> names, in order: itself, or those of a folder and its folders. With <paramref name="split"/> only those with that
    /// word in their name or folder (<c>test.jsonl</c>, <c>test-00000-of-00002.parquet</c>, <c>test/algebra/1.json</c>), if there are any.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no such file or none in the folder.</exception>
    public static IReadOnlyList<string> Find(string path, string? split = null)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such file or folder of data");
        }

        string[] all = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(f => s_endings.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        string[] named = split is null ? [] : [.. all.Where(f => Path.GetRelativePath(path, f)
            .Split(['/', '\\', '-', '_', '.']).Contains(split, StringComparer.OrdinalIgnoreCase))];
        all = named.Length > 0 ? named : all;
        return all.Length > 0 ? all : throw new InvalidDataException($"{path}: no file with one of the endings {string.Join(", ", s_endings)}");
    }

    /// <summary>Adds the bytes of a file to what the data of a run are known by.</summary>
    internal static void AppendTo(IncrementalHash hash, string path)
    {
        using FileStream stream = File.OpenRead(path);
        byte[] part = new byte[HashedAtOnce];
        for (int read = stream.Read(part); read > 0; read = stream.Read(part))
        {
            hash.AppendData(part, 0, read);
        }
    }

    /// <summary>The rows of one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Names of columns of a <c>.csv</c> without a heading; null where the first line has them.</param>
    /// <exception cref="InvalidDataException">The file is missing, damaged or of another format; one line with file and place.</exception>
    public static IEnumerable<DataRow> Read(string path, IReadOnlyList<string>? columns = null)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such file of data");
        }

        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" or ".ndjson" => JsonRows.ReadLines(path),
            ".json" => JsonRows.ReadWhole(path),
            ".parquet" => ParquetRows.Read(path),
            ".csv" => CsvRows.Read(path, columns),
            var other => throw new InvalidDataException($"{path}: '{other}' is none of the endings {string.Join(", ", s_endings)}"),
        };
    }
}
