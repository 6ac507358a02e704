using System.Xml.Linq;

namespace Razum.Tests.Repository;

/// <summary>The checked-out repository that the tests were built from, as files.</summary>
internal static class RepositoryFolder
{
    private static readonly string[] s_generated = ["bin", "obj", ".git", "artifacts", "out", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder with <c>Razum.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files below <paramref name="folder"/> whose names match, outside of build outputs; paths relative to <see cref="Root"/> with slashes.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(Path.Combine(Root, folder)) ? Walk(Path.Combine(Root, folder), pattern).Order(StringComparer.Ordinal) : [];

    /// <summary>Text of a file named relative to <see cref="Root"/>.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Names of the projects below src, each with the projects it refers to.</summary>
    public static IReadOnlyDictionary<string, string[]> ProjectReferences { get; } = Files("src", "*.csproj").ToDictionary(
        path => Path.GetFileNameWithoutExtension(path),
        path => XDocument.Parse(Read(path)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))).ToArray());

    private static IEnumerable<string> Walk(string folder, string pattern)
    {
        foreach (string file in Directory.EnumerateFiles(folder, pattern))
        {
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        }

        foreach (string inner in Directory.EnumerateDirectories(folder).Where(f => !s_generated.Contains(Path.GetFileName(f))))
        {
            foreach (string file in Walk(inner, pattern))
            {
                yield return file;
            }
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Razum.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Razum.slnx above {AppContext.BaseDirectory}");
    }
}
