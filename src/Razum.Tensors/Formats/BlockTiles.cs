using System.Runtime.InteropServices;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Formats;

/// <summary>
/// The blocks of a weight as tiles, in the order in which products read them: for every panel of 32 rows its tiles along the columns, one sequential
/// stream of weights and scales. Rows past the end are zeros. Made from a weight's blocks when a product first needs them, again when its version has
/// moved; or at once while a weight is quantised, and then the only copy of its values.
/// </summary>
internal sealed unsafe class BlockTiles : IDisposable
{
    /// <summary>Rows of a tile.</summary>
    internal const int Lanes = 32;

    /// <summary>One panel for every format and width that this thread has met.</summary>
    [ThreadStatic]
    private static List<BlockTiles>? s_panels;

    private byte* _data;
    private int _version;

    private BlockTiles(BlockFormat format, int rows, int columns)
    {
        Format = format;
        Rows = rows;
        Count = columns / format.Values;
        PanelBytes = (nint)Count * format.TileBytes;
        Bytes = PanelBytes * ((rows + Lanes - 1) / Lanes);
        _data = (byte*)LargePages.AllocateCopy((nuint)Bytes);
        if (rows % Lanes > 0)
        {
            NativeMemory.Clear(_data + Bytes - PanelBytes, (nuint)PanelBytes); // the rest is written whole, by many threads
        }
    }

    ~BlockTiles() => Free();

    internal BlockFormat Format { get; }

    internal int Rows { get; }

    /// <summary>Tiles of a panel.</summary>
    internal int Count { get; }

    /// <summary>Bytes from one panel to the next.</summary>
    internal nint PanelBytes { get; }

    internal nint Bytes { get; }

    /// <summary>The first panel.</summary>
    internal byte* Data => _data;

    /// <summary>The tiles of <paramref name="weight"/> as it is now.</summary>
    internal static BlockTiles For(Weight weight, WorkerPool pool)
    {
        if (!IsCurrent(weight))
        {
            lock (weight)
            {
                if (!IsCurrent(weight))
                {
                    BlockTiles tiles = ToFill(weight);
                    pool.For(Panels(weight), 4, new PackJob(weight, tiles));
                    Publish(weight, tiles);
                }
            }
        }

        return weight.Tiles!;
    }

    /// <summary>Whether the tiles exist and show the weight as it is now.</summary>
    internal static bool IsCurrent(Weight weight) => weight.Tiles is { } tiles && tiles._version == weight.Version;

    /// <summary>Makes the tiles on the calling thread, so that many weights can be packed by many threads.</summary>
    internal static void Refresh(Weight weight)
    {
        if (!IsCurrent(weight))
        {
            BlockTiles tiles = ToFill(weight);
            new PackJob(weight, tiles).Run(0, Panels(weight));
            Publish(weight, tiles);
        }
    }

    /// <summary>
    /// A panel of a weight that stays where it is stored, as if it were all of a weight. In memory of the calling thread; valid until its next call.
    /// </summary>
    internal static BlockTiles Panel(Weight weight, int panel)
    {
        BlockTiles tiles = OnePanel(weight.Blocks!, weight.Columns);
        int row = panel * Lanes;
        if (row + Lanes > weight.Rows)
        {
            NativeMemory.Clear(tiles._data, (nuint)tiles.Bytes);
        }

        Pack(weight, row, Math.Min(row + Lanes, weight.Rows), tiles, 0);
        return tiles;
    }

    /// <summary>The tiles of <paramref name="source"/>, of any format, quantised.</summary>
    internal static BlockTiles Quantize(Weight source, BlockFormat format, WorkerPool pool)
    {
        var tiles = new BlockTiles(format, source.Rows, source.Columns);
        pool.For(Panels(source), 1, new QuantizeJob(source, tiles));
        return tiles;
    }

    /// <summary>The values of row <paramref name="row"/>.</summary>
    internal void Dequantize(int row, float* target)
    {
        int parts = Format.Values / 32;
        for (int tile = 0; tile < Count; tile++)
        {
            for (int part = 0; part < parts; part++)
            {
                Format.Unpack(Tile(row / Lanes, tile), part, row % Lanes, 1, target + (tile * Format.Values) + (32 * part));
            }
        }
    }

    internal byte* Tile(int panel, int tile) => _data + (panel * PanelBytes) + ((nint)tile * Format.TileBytes);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static BlockTiles OnePanel(BlockFormat format, int columns)
    {
        s_panels ??= [];
        foreach (BlockTiles known in s_panels)
        {
            if (known.Format == format && known.Count == columns / format.Values)
            {
                return known;
            }
        }

        var made = new BlockTiles(format, Lanes, columns);
        s_panels.Add(made);
        return made;
    }

    /// <summary>Rows [from, to) of a weight, which begin at panel <paramref name="panel"/> of the tiles.</summary>
    private static void Pack(Weight weight, int from, int to, BlockTiles tiles, int panel)
    {
        BlockFormat format = tiles.Format;
        for (int row = from; row < to; row++)
        {
            format.Pack(weight.BlocksOf(row, format), tiles.Count, row % Lanes, tiles.Tile(panel + ((row - from) / Lanes), 0));
        }
    }

    private static int Panels(Weight weight) => (weight.Rows + Lanes - 1) / Lanes;

    private static BlockTiles ToFill(Weight weight) => weight.Data == null
        ? throw new InvalidOperationException($"{weight.Name}: only its tiles exist, they cannot be made again")
        : weight.Tiles ?? new BlockTiles(weight.Blocks!, weight.Rows, weight.Columns);

    private static void Publish(Weight weight, BlockTiles tiles)
    {
        tiles._version = weight.Version;
        weight.Tiles = tiles;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }

    private readonly struct PackJob(Weight weight, BlockTiles tiles) : IRangeJob
    {
        public void Run(int from, int to) => Pack(weight, from * Lanes, Math.Min(to * Lanes, weight.Rows), tiles, from);
    }

    private readonly struct QuantizeJob(Weight source, BlockTiles tiles) : IRangeJob
    {
        public void Run(int from, int to)
        {
            BlockFormat format = tiles.Format;
            float[] values = new float[source.Columns];
            byte* block = stackalloc byte[format.Bytes];
            fixed (float* row = values)
            {
                for (int r = from * Lanes; r < Math.Min(to * Lanes, source.Rows); r++)
                {
                    source.CopyRow(r, row);
                    for (int tile = 0; tile < tiles.Count; tile++)
                    {
                        format.Quantize(row + (tile * format.Values), default, block);
                        format.Pack(block, 1, r % Lanes, tiles.Tile(r / Lanes, tile));
                    }
                }
            }
        }
    }
}
