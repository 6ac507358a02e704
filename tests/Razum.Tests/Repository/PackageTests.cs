using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Razum.Tests.Repository;

/// <summary>
/// The package is a .NET tool that works once installed: packed from what was built for the tests, installed from a folder as the only source
/// (so it needs no network), started away from the repository, with the model it carries.
/// </summary>
public sealed class PackageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("razum-package-");

    [Fact]
    public async Task The_installed_tool_runs_and_carries_its_model()
    {
        string configuration = typeof(PackageTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string feed = Path.Combine(_folder.FullName, "feed");
        string project = Path.Combine(RepositoryFolder.Root, "src", "Razum.Cli");
        await Run("dotnet", "pack", project, "--no-build", "-c", configuration, "-o", feed);

        string sources = Path.Combine(_folder.FullName, "NuGet.config");
        await File.WriteAllTextAsync(
            sources,
            $"""<configuration><packageSources><clear /><add key="feed" value="{feed}" /></packageSources></configuration>""",
            TestContext.Current.CancellationToken);
        string tools = Path.Combine(_folder.FullName, "tools");
        await Run("dotnet", "tool", "install", "razum", "--tool-path", tools, "--configfile", sources);

        string razum = Path.Combine(tools, OperatingSystem.IsWindows() ? "razum.exe" : "razum");
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", await Run(razum, "--version"));
        Assert.Contains("deepseek_v3", await Run(razum, "inspect"));
    }

    public void Dispose() => _folder.Delete(true);

    /// <summary>Runs a program in the temporary folder to its end; the result is its standard output.</summary>
    private async Task<string> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await output}\n{await error}");
        return await output;
    }
}
