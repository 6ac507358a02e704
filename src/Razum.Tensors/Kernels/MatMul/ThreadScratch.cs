using System.Runtime.InteropServices;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>Memory that one thread reuses from piece to piece: panels packed on the way, rows gathered, tiles. It grows to the largest request.</summary>
internal sealed unsafe class ThreadScratch
{
    [ThreadStatic]
    private static ThreadScratch? s_current;

    private byte* _panels;
    private byte* _rows;
    private byte* _left;
    private byte* _shared;
    private nuint _panelBytes;
    private nuint _rowBytes;
    private nuint _leftBytes;
    private nuint _sharedBytes;

    ~ThreadScratch()
    {
        NativeMemory.AlignedFree(_panels);
        NativeMemory.AlignedFree(_rows);
        NativeMemory.AlignedFree(_left);
        NativeMemory.AlignedFree(_shared);
    }

    /// <summary>Room for panels; valid until the thread's next call.</summary>
    internal static float* Panels(long count)
    {
        ThreadScratch scratch = s_current ??= new ThreadScratch();
        return (float*)Grow(ref scratch._panels, ref scratch._panelBytes, count);
    }

    /// <summary>Room for gathered rows, apart from that for panels; valid until the thread's next call.</summary>
    internal static float* Rows(long count)
    {
        ThreadScratch scratch = s_current ??= new ThreadScratch();
        return (float*)Grow(ref scratch._rows, ref scratch._rowBytes, count);
    }

    /// <summary>Room for tiles of a left operand; valid until the thread's next call.</summary>
    internal static float* Left(long count)
    {
        ThreadScratch scratch = s_current ??= new ThreadScratch();
        return (float*)Grow(ref scratch._left, ref scratch._leftBytes, count);
    }

    /// <summary>Room for panels that all threads of a job read; the calling thread's, valid until its next call.</summary>
    internal static float* SharedPanels(long count)
    {
        ThreadScratch scratch = s_current ??= new ThreadScratch();
        return (float*)Grow(ref scratch._shared, ref scratch._sharedBytes, count);
    }

    private static byte* Grow(ref byte* memory, ref nuint size, long count)
    {
        nuint bytes = (nuint)count * sizeof(float);
        if (bytes > size)
        {
            NativeMemory.AlignedFree(memory);
            memory = null;
            size = 0;
            memory = (byte*)NativeMemory.AlignedAlloc(bytes, 64);
            size = bytes;
        }

        return memory;
    }
}
