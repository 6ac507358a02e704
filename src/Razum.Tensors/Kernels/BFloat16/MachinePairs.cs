using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Razum.Tensors.Jit;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>The inner loops as machine code, for processors with AVX512_BF16.</summary>
internal readonly unsafe struct MachinePairs : IPairKernels
{
    private static readonly nint[] s_rows = [.. Enumerable.Range(1, PairTile.MaxRows).Select(rows => (nint)PairTile.Entry(rows, inPanels: false))];
    private static readonly nint[] s_panels = [.. Enumerable.Range(1, PairTile.MaxRows).Select(rows => (nint)PairTile.Entry(rows, inPanels: true))];
    private static readonly nint[] s_fourPanels = [.. Enumerable.Range(1, PairRow.MaxRows).Select(rows => (nint)PairRow.Entry(rows))];
    private static readonly nint s_round = (nint)PairRounding.RoundEntry();
    private static readonly nint s_interleave = (nint)PairRounding.InterleaveEntry();
    private static readonly ushort* s_order = Order();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tile(int rows, bool inPanels, PairTileArguments* arguments) =>
        ((delegate* unmanaged<PairTileArguments*, void>)(inPanels ? s_panels : s_rows)[rows - 1])(arguments);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourPanels(int rows, PairTileArguments* arguments) => ((delegate* unmanaged<PairTileArguments*, void>)s_fourPanels[rows - 1])(arguments);

    // The two below run for less than a microsecond a call: the collector may wait for them.
    public static void Round(float* source, int count, ushort* target)
    {
        int rest = count % 32;
        RoundArguments arguments = new()
        {
            Source = source,
            Target = target,
            Blocks = count / 16,
            Mask = (1u << (count % 16)) - 1,
            Rest = rest == 0 ? 0u : rest < 16 ? 2u : 1u,
        };
        ((delegate* unmanaged[SuppressGCTransition]<RoundArguments*, void>)s_round)(&arguments);
    }

    public static void Interleave(ushort* even, ushort* odd, nint step, int pairs, byte* target)
    {
        InterleaveArguments arguments = new() { Even = even, Odd = odd, Step = step, Pairs = pairs, Target = target, Order = s_order };
        ((delegate* unmanaged[SuppressGCTransition]<InterleaveArguments*, void>)s_interleave)(&arguments);
    }

    /// <summary>Lane 2j comes from lane j of the even row, lane 2j + 1 from lane j of the odd row, which counts from 32.</summary>
    private static ushort* Order()
    {
        ushort* order = (ushort*)NativeMemory.AlignedAlloc(64 * sizeof(ushort), 64);
        for (int i = 0; i < 64; i++)
        {
            order[i] = (ushort)((i / 2) + (i % 2 * 32));
        }

        return order;
    }
}
