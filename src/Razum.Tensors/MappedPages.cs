using System.Runtime.InteropServices;

namespace Razum.Tensors;

/// <summary>
/// Tells the system (Linux) that all of a mapped weight is about to be read, so that its pages come in large pieces while the first are computed with, and not one
/// miss after the other. Once for a weight that stays in memory, every time for one that does not. Only a wish: results and errors are the same without it.
/// </summary>
internal static unsafe partial class MappedPages
{
    private const int PageBytes = 4096;
    private const int WillNeed = 3;

    /// <summary>Not worth a call.</summary>
    private const long FewestBytes = 1 << 16;

    /// <summary>Before the values of <paramref name="weight"/> are read.</summary>
    internal static void Expect(Weight weight)
    {
        if (!weight.IsMapped || (weight.WasExpected && !weight.LeavesMemory))
        {
            return;
        }

        weight.WasExpected = true;
        long bytes = weight.BlockScales is { } scales ? weight.StoredBytes - scales.StoredBytes : weight.StoredBytes;
        if (OperatingSystem.IsLinux() && bytes >= FewestBytes)
        {
            nint begin = (nint)weight.Data & ~(nint)(PageBytes - 1);
            _ = MAdvise((void*)begin, (nuint)((nint)weight.Data + bytes - begin), WillNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* address, nuint bytes, int advice);
}
