using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Razum.Tests.Repository;

/// <summary>House rules that a reader relies on: short files, one public type in each, honest names, no interface without two implementations.</summary>
public sealed partial class SourceTests
{
    private const int MostLines = 600;

    private static readonly string[] s_emptyWords = ["Manager", "Helper", "Helpers", "Utils", "Utilities", "Service", "Base", "Impl", "Core", "Common"];

    /// <summary>Interfaces whose second implementation is the tests' own stand-in, as the house plan names it.</summary>
    private static readonly string[] s_implementedByTests = ["IEngine"];

    private static readonly Assembly[] s_assemblies =
        RepositoryFolder.ProjectReferences.Keys.Select(name => Assembly.Load(name == "Razum.Cli" ? "razum" : name)).ToArray();

    [Fact]
    public void Files_are_short()
    {
        foreach (string path in SourceFiles())
        {
            int lines = File.ReadLines(Path.Combine(RepositoryFolder.Root, path)).Count();
            Assert.True(lines <= MostLines, $"{path} has {lines} lines; at most {MostLines}");
        }
    }

    [Fact]
    public void A_file_holds_one_public_type()
    {
        foreach (string path in SourceFiles())
        {
            string[] types = PublicType().Matches(RepositoryFolder.Read(path)).Select(m => m.Groups["name"].Value).ToArray();
            Assert.True(types.Distinct().Count() <= 1, $"{path} declares {string.Join(", ", types)}");
        }
    }

    [Fact]
    public void A_public_type_is_in_the_file_of_its_name()
    {
        foreach (string path in RepositoryFolder.Files("src", "*.cs"))
        {
            foreach (Match type in PublicType().Matches(RepositoryFolder.Read(path)))
            {
                Assert.StartsWith(type.Groups["name"].Value, Path.GetFileName(path));
            }
        }
    }

    [Fact]
    public void Namespaces_are_folders()
    {
        foreach (string path in RepositoryFolder.Files("src", "*.cs"))
        {
            Match declared = Namespace().Match(RepositoryFolder.Read(path));
            if (declared.Success)
            {
                Assert.Equal(string.Join('.', path.Split('/')[1..^1]), declared.Groups["name"].Value);
            }
        }
    }

    [Fact]
    public void Names_say_something()
    {
        IEnumerable<string> types = s_assemblies.SelectMany(a => a.GetTypes()).Where(IsWritten).Select(t => t.Name.Split('`')[0]);
        foreach (string name in types.Concat(SourceFiles().Select(path => Path.GetFileName(path).Split('.')[0])))
        {
            Assert.DoesNotContain(s_emptyWords, word => name.EndsWith(word, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Interfaces_have_two_implementations()
    {
        Type[] all = s_assemblies.SelectMany(a => a.GetTypes()).Where(IsWritten).ToArray();
        foreach (Type contract in all.Where(t => t.IsInterface))
        {
            IEnumerable<Type> candidates = s_implementedByTests.Contains(contract.Name) ? all.Concat(typeof(SourceTests).Assembly.GetTypes()) : all;
            int implementations = candidates.Count(t => !t.IsInterface && !t.IsAbstract && t.GetInterfaces().Any(i => Definition(i) == contract));
            Assert.True(implementations >= 2, $"{contract.Name} has {implementations} implementation(s); an interface needs two");
        }
    }

    private static IEnumerable<string> SourceFiles() => RepositoryFolder.Files("src", "*.cs").Concat(RepositoryFolder.Files("tests", "*.cs"));

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static bool IsWritten(Type type) =>
        type.Namespace?.StartsWith("Razum", StringComparison.Ordinal) == true && !type.Name.Contains('<') && type.DeclaringType?.Name.Contains('<') != true;

    [GeneratedRegex(@"^public (?:(?:sealed|abstract|static|unsafe|readonly|ref|partial) )*(?:class|struct|record struct|record|interface|enum|delegate \S+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
