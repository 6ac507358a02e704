using System.ComponentModel;
using System.Diagnostics;

namespace Razum.Tests;

/// <summary>A file system of a few megabytes (tmpfs), for tests of a full disk. Mounting needs root on Linux; elsewhere the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly bool _mounted;

    public SmallDisk(int megabytes)
    {
        _mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Path);
        if (!_mounted)
        {
            _folder.Dispose();
            Assert.Skip("a small tmpfs cannot be mounted here");
        }
    }

    public string Path => _folder.Path;

    public string File(string name) => _folder.File(name);

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", Path);
        }

        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
