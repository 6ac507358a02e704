using System.Runtime.InteropServices;

namespace Razum.Tensors.Jit;

/// <summary>
/// Pages of machine code: mapped writable, filled, then made readable and executable; never writable and executable at once.
/// An operating system that refuses is no error: the reason is returned.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const int ProtectRead = 1;
    private const int ProtectWrite = 2;
    private const int ProtectExecute = 4;
    private const int MapPrivate = 2;
    private const uint MemCommitReserve = 0x3000;
    private const uint MemRelease = 0x8000;
    private const uint PageReadWrite = 4;
    private const uint PageExecuteRead = 0x20;

    private readonly nuint _size;
    private void* _start;

    private ExecutableMemory(void* start, nuint size)
    {
        _start = start;
        _size = size;
    }

    ~ExecutableMemory() => Free();

    /// <summary>Address of the first instruction.</summary>
    internal void* Start => _start;

    /// <summary>Pages that hold <paramref name="code"/>, or null and the <paramref name="reason"/> why there are none.</summary>
    internal static ExecutableMemory? TryCreate(ReadOnlySpan<byte> code, out string? reason)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint size = ((nuint)Math.Max(1, code.Length) + page - 1) / page * page;
        void* start = Map(size);
        if (start == null)
        {
            reason = $"the operating system gives no memory for code (error {Marshal.GetLastPInvokeError()})";
            return null;
        }

        code.CopyTo(new Span<byte>(start, code.Length));
        if (!MakeExecutable(start, size))
        {
            reason = $"the operating system forbids executable memory (error {Marshal.GetLastPInvokeError()})";
            Unmap(start, size);
            return null;
        }

        reason = null;
        return new ExecutableMemory(start, size);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static void* Map(nuint size)
    {
        if (OperatingSystem.IsWindows())
        {
            return VirtualAlloc(null, size, MemCommitReserve, PageReadWrite);
        }

        int anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;
        void* start = MemoryMap(null, size, ProtectRead | ProtectWrite, MapPrivate | anonymous, -1, 0);
        return (nint)start == -1 ? null : start;
    }

    private static bool MakeExecutable(void* start, nuint size) => OperatingSystem.IsWindows()
        ? VirtualProtect(start, size, PageExecuteRead, out _) != 0
        : MemoryProtect(start, size, ProtectRead | ProtectExecute) == 0;

    private static void Unmap(void* start, nuint size)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = VirtualFree(start, 0, MemRelease);
        }
        else
        {
            _ = MemoryUnmap(start, size);
        }
    }

    private void Free()
    {
        if (_start != null)
        {
            Unmap(_start, _size);
            _start = null;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MemoryMap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int MemoryProtect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MemoryUnmap(void* address, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint old);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualFree(void* address, nuint size, uint type);
}
