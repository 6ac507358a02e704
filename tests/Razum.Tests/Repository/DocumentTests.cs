using System.CommandLine;
using System.Text.RegularExpressions;
using Razum.Cli;
using Razum.Cli.Verbs;
using Razum.Tests.Cli;
using Xunit;

namespace Razum.Tests.Repository;

/// <summary>What README and docs quote is there: command lines parse, paths exist, links lead somewhere.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents() =>
        [.. RepositoryFolder.Files("docs", "*.md").Concat(["README.md", "CONTRIBUTING.md"])];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Command_lines_parse(string document)
    {
        foreach (Match quoted in CommandLines().Matches(RepositoryFolder.Read(document)))
        {
            AssertParses(quoted.Groups["arguments"].Value, document);
        }
    }

    [Fact]
    public void Examples_of_the_help_parse()
    {
        foreach (Verb verb in CommandLine.Create(new TestTerminal().Terminal).Subcommands.OfType<Verb>())
        {
            Assert.NotEmpty(verb.Examples);
            foreach (string example in verb.Examples)
            {
                int start = example.IndexOf("razum ", StringComparison.Ordinal);
                Assert.True(start >= 0, $"{verb.Name}: {example}");
                AssertParses(example[(start + "razum ".Length)..], verb.Name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Quoted_paths_exist(string document)
    {
        foreach (Match quoted in Paths().Matches(RepositoryFolder.Read(document)))
        {
            string path = quoted.Groups["path"].Value.TrimEnd('/');
            Assert.True(Exists(path), $"{document} quotes {path}, which is not in the repository");
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_lead_somewhere(string document)
    {
        string folder = Path.GetDirectoryName(document) ?? "";
        foreach (Match link in Links().Matches(RepositoryFolder.Read(document)))
        {
            string target = link.Groups["target"].Value.Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            {
                Assert.True(Exists(Path.Combine(folder, target)), $"{document} links to {target}");
            }
        }
    }

    private static bool Exists(string path)
    {
        string full = Path.Combine(RepositoryFolder.Root, path);
        return path.Contains('*')
            ? Directory.Exists(Path.GetDirectoryName(full)) && Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(full)!, Path.GetFileName(full)).Any()
            : File.Exists(full) || Directory.Exists(full);
    }

    /// <summary>The part of a shell line before a pipe, redirection or comment must parse without an error.</summary>
    private static void AssertParses(string arguments, string where)
    {
        string own = ShellTail().Split(arguments)[0].Trim();
        ParseResult parsed = CommandLine.Create(new TestTerminal().Terminal).Parse(own);
        Assert.True(parsed.Errors.Count == 0, $"{where}: razum {own}: {(parsed.Errors.Count > 0 ? parsed.Errors[0].Message : "")}");
    }

    /// <summary>Code that starts with <c>razum</c> (also behind a pipe), or with <c>dotnet run ... --</c> for the command line project.</summary>
    [GeneratedRegex(@"(?:^|[`$|] ?)(?:razum|dotnet run [^`\n]*Razum\.Cli[^`\n]* --) (?<arguments>[a-z-][^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex(@"(?<![\w/.~-])(?<path>(?:src|tests|docs|models|\.ci)/[\w.*/-]*[\w*/]|runs/(?!out\b)[\w.*/-]*[\w*/])")]
    private static partial Regex Paths();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"\s[|>#&<]")]
    private static partial Regex ShellTail();
}
