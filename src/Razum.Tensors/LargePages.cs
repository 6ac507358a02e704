using System.Runtime.InteropServices;

namespace Razum.Tensors;

/// <summary>
/// Memory for values that are read all over: large pages where the system gives them on request (Linux), so that the translation of addresses does not
/// become the work. Free it with <see cref="NativeMemory.AlignedFree"/>.
/// </summary>
internal static unsafe partial class LargePages
{
    private const nuint PageBytes = 2 << 20;
    private const int AdviseHugePage = 14;

    /// <summary>Smaller copies are so many, of experts, that areas of their own would come near the system's limit of them.</summary>
    private const nuint SmallestCopy = 16 << 20;

    /// <summary>Memory of at least <paramref name="bytes"/>, its content undefined.</summary>
    /// <exception cref="OutOfMemoryException">The operating system has no such memory.</exception>
    internal static void* Allocate(nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < PageBytes)
        {
            return NativeMemory.AlignedAlloc(bytes, 64);
        }

        void* memory = NativeMemory.AlignedAlloc(bytes, PageBytes);
        _ = MAdvise(memory, bytes, AdviseHugePage); // a wish: refused, the pages are small
        return memory;
    }

    /// <summary>The same for the copy of a weight, where it is large; taking and first writing such memory is then several times as fast.</summary>
    internal static void* AllocateCopy(nuint bytes) => bytes >= SmallestCopy ? Allocate(bytes) : NativeMemory.AlignedAlloc(bytes, 64);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* address, nuint bytes, int advice);
}
