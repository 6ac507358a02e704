using System.Runtime.InteropServices;

namespace Razum.Tensors.Threading;

/// <summary>
/// One piece of native memory per thread for the insides of a kernel, kept from call to call so that kernels allocate nothing.
/// It is valid until the same thread takes it again; contents are not cleared.
/// </summary>
internal sealed unsafe class ThreadScratch
{
    [ThreadStatic]
    private static ThreadScratch? s_current;

    private byte* _memory;
    private long _size;

    ~ThreadScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>This thread's memory, at least <paramref name="bytes"/> long and aligned to 64 bytes.</summary>
    public static byte* Take(long bytes)
    {
        ThreadScratch scratch = s_current ??= new ThreadScratch();
        if (bytes > scratch._size)
        {
            NativeMemory.AlignedFree(scratch._memory);
            scratch._memory = null;
            scratch._size = 0;
            scratch._memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            scratch._size = bytes;
        }

        return scratch._memory;
    }
}
