using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Razum.Tests;

/// <summary>
/// Where the golden files lie and how far outputs were from them. Tests enumerate case folders here and read every setting from the case files,
/// so that other folders of the same layout can be run with <c>RAZUM_GOLDENS</c>.
/// </summary>
public static class Goldens
{
    private static readonly ConcurrentDictionary<(string Case, string Output), double> s_worst = new();

    /// <summary>The folder of all groups: <c>RAZUM_GOLDENS</c> if set, else the one checked in beside these tests.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Full paths of the cases of <paramref name="group"/> (e.g. <c>lm</c>): the subfolders that hold a case.json, in order of name.</summary>
    public static IEnumerable<string> Cases(string group)
    {
        string folder = Path.Combine(Root, group);
        return Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(f => File.Exists(Path.Combine(f, "case.json"))).Order(StringComparer.Ordinal)
            : [];
    }

    /// <summary>Keeps the largest <paramref name="error"/> / <paramref name="tolerance"/> of an output and prints it. Fails nothing: the caller asserts.</summary>
    public static void Report(string caseName, string output, double error, double tolerance)
    {
        double ratio = error == 0 ? 0 : error / tolerance; // an error over a tolerance of 0 is infinite
        double worst = s_worst.AddOrUpdate((caseName, output), ratio, (_, old) => double.IsNaN(ratio) ? ratio : Math.Max(old, ratio));
        string line = string.Create(CultureInfo.InvariantCulture, $"golden {caseName} {output} {worst:0.####}");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }

    private static string FindRoot([CallerFilePath] string source = "")
    {
        string? named = Environment.GetEnvironmentVariable("RAZUM_GOLDENS");
        if (!string.IsNullOrEmpty(named))
        {
            string full = Path.GetFullPath(named);
            return Directory.Exists(full) ? full : throw new DirectoryNotFoundException($"RAZUM_GOLDENS: {full} does not exist");
        }

        string beside = Path.Combine(Path.GetDirectoryName(source) ?? "", "Goldens");
        if (Directory.Exists(beside))
        {
            return beside;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "Razum.Tests", "Goldens");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException($"no folder tests/Razum.Tests/Goldens above {AppContext.BaseDirectory}; set RAZUM_GOLDENS");
    }
}
