using System.Runtime.InteropServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// The values of a weight in the order in which y = x W^T reads them: panels of 32 outputs, [rows / 32][columns][32], in the weight's own format.
/// Block formats have <see cref="BlockTiles"/> or nothing instead. A cache: made when a product first needs it, made again, in the same memory, when the weight's
/// version has moved.
/// </summary>
internal sealed unsafe class PackedWeight : IDisposable
{
    private byte* _data;
    private int _version;

    private PackedWeight(Weight weight)
    {
        PanelBytes = (nint)weight.Columns * Panel.Width * weight.Format.ValueBytes();
        _data = (byte*)LargePages.AllocateCopy((nuint)(PanelBytes * Panel.Count(weight.Rows)));
    }

    ~PackedWeight() => Free();

    /// <summary>The first panel.</summary>
    internal byte* Data => _data;

    /// <summary>Bytes from one panel to the next.</summary>
    internal nint PanelBytes { get; }

    /// <summary>The panels of <paramref name="weight"/> as it is now.</summary>
    internal static PackedWeight For(Weight weight, WorkerPool pool)
    {
        if (!IsCurrent(weight))
        {
            lock (weight)
            {
                PackedWeight packed = weight.Packed ?? new PackedWeight(weight);
                if (weight.Packed is null || packed._version != weight.Version)
                {
                    pool.For(Panel.Count(weight.Rows), Math.Max(1, (1 << 13) / Math.Max(1, weight.Columns)), new PackJob(weight, packed));
                    packed._version = weight.Version;
                    weight.Packed = packed;
                }
            }
        }

        return weight.Packed!;
    }

    /// <summary>Whether the panels exist and show the weight as it is now.</summary>
    internal static bool IsCurrent(Weight weight) => weight.Reading switch
    {
        WeightReading.Tiles => BlockTiles.IsCurrent(weight),
        WeightReading.Unpacked or WeightReading.Stored => true,
        _ => weight.Packed is { } packed && packed._version == weight.Version,
    };

    /// <summary>Makes the panels on the calling thread, so that many weights can be packed by many threads.</summary>
    internal static void Refresh(Weight weight)
    {
        if (weight.Reading == WeightReading.Tiles)
        {
            BlockTiles.Refresh(weight);
        }
        else if (!IsCurrent(weight))
        {
            PackedWeight packed = weight.Packed ?? new PackedWeight(weight);
            new PackJob(weight, packed).Run(0, Panel.Count(weight.Rows));
            packed._version = weight.Version;
            weight.Packed = packed;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }

    private readonly struct PackJob(Weight weight, PackedWeight packed) : IRangeJob
    {
        public void Run(int from, int to)
        {
            nint stride = weight.Columns;
            for (int p = from; p < to; p++)
            {
                int row = p * Panel.Width;
                int rows = Math.Min(Panel.Width, weight.Rows - row);
                byte* target = packed._data + (p * packed.PanelBytes);
                if (weight.Format == WeightFormat.F32)
                {
                    Panel.Transpose((float*)weight.Data + (row * stride), stride, rows, weight.Columns, (float*)target);
                }
                else
                {
                    Panel.Transpose((ushort*)weight.Data + (row * stride), stride, rows, weight.Columns, (ushort*)target);
                }
            }
        }
    }
}
