using System.Runtime.InteropServices;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>Memory for the rounded operands of one operation at a time, kept from call to call. It grows to the largest request.</summary>
internal sealed unsafe class PairScratch
{
    private readonly (nint Data, long Bytes)[] _places = new (nint, long)[4];

    ~PairScratch()
    {
        foreach ((nint data, _) in _places)
        {
            NativeMemory.AlignedFree((void*)data);
        }
    }

    /// <summary>Room for <paramref name="values"/> BF16 values at one of four places; valid until the next request for that place.</summary>
    internal ushort* Values(int place, long values)
    {
        ref (nint Data, long Bytes) room = ref _places[place];
        long bytes = values * sizeof(ushort);
        if (bytes > room.Bytes)
        {
            NativeMemory.AlignedFree((void*)room.Data);
            room = default;
            room = ((nint)NativeMemory.AlignedAlloc((nuint)bytes, 64), bytes);
        }

        return (ushort*)room.Data;
    }

    /// <summary>Room for panels.</summary>
    internal byte* Panels(int place, long bytes) => (byte*)Values(place, (bytes + 1) / 2);
}
