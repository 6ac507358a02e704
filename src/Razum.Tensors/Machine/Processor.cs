using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Razum.Tensors.Machine;

/// <summary>What this process runs on, as far as it may use it: a container's limits count.</summary>
public static class Processor
{
    private const long AssumedCache = 32L << 20;

    /// <summary>The processor's own name, or its architecture where it does not tell.</summary>
    public static string Name { get; } = ReadName();

    /// <summary>Logical processors this process may use.</summary>
    public static int Threads => Environment.ProcessorCount;

    /// <summary>Bytes of memory.</summary>
    public static long Memory => GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes;

    /// <summary>Bytes of memory that a program could take now without anything being swapped out; an estimate.</summary>
    public static long FreeMemory => Math.Min(FreeByKernel() ?? long.MaxValue, Memory);

    /// <summary>Bytes of the largest cache a core reads through; 32 MiB where the processor does not tell.</summary>
    public static long LastLevelCache { get; } = ReadCaches();

    private static string ReadName()
    {
        const uint Names = 0x80000002;
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < Names + 2)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        byte[] text = new byte[48];
        for (uint i = 0; i < 3; i++)
        {
            (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)(Names + i), 0);
            MemoryMarshal.AsBytes<int>([eax, ebx, ecx, edx]).CopyTo(text.AsSpan((int)(16 * i)));
        }

        return string.Join(' ', Encoding.ASCII.GetString(text).Split(['\0', ' '], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>By the leaf of cache parameters: 4 with Intel, 0x8000001D with AMD, both laid out alike.</summary>
    private static long ReadCaches()
    {
        if (!X86Base.IsSupported)
        {
            return AssumedCache;
        }

        long largest = 0;
        foreach ((int root, int leaf) in ((int, int)[])[(0, 4), (unchecked((int)0x80000000), unchecked((int)0x8000001D))])
        {
            if ((uint)X86Base.CpuId(root, 0).Eax < (uint)leaf)
            {
                continue;
            }

            for (int i = 0; i < 8; i++)
            {
                (int eax, int ebx, int ecx, _) = X86Base.CpuId(leaf, i);
                if ((eax & 31) == 0)
                {
                    break;
                }

                long ways = ((uint)ebx >> 22) + 1L;
                long partitions = (((uint)ebx >> 12) & 1023) + 1L;
                long line = ((uint)ebx & 4095) + 1L;
                largest = Math.Max(largest, ways * partitions * line * ((uint)ecx + 1L));
            }
        }

        return largest > 0 ? largest : AssumedCache;
    }

    /// <summary>What Linux says; null elsewhere.</summary>
    private static long? FreeByKernel()
    {
        const string Field = "MemAvailable:";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal));
        string number = line?[Field.Length..].Replace("kB", "", StringComparison.Ordinal) ?? "";
        return long.TryParse(number, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes << 10 : null;
    }
}
