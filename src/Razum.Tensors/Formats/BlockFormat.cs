using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>A row of the table of block formats: a format's struct behind virtual calls, each of which does a block, a tile or a piece of a product.</summary>
internal abstract unsafe class BlockFormat
{
    private static readonly BlockFormat?[] s_table = Table(new BlockFormat<Q8_0>(), new BlockFormat<Q4_K>());

    /// <summary>All formats, in the order of <see cref="WeightFormat"/>.</summary>
    public static IEnumerable<BlockFormat> All => s_table.OfType<BlockFormat>();

    /// <summary>The row of a format; null for formats that store every value by itself.</summary>
    public static BlockFormat? Of(WeightFormat format) => s_table[(int)format];

    public abstract WeightFormat Format { get; }

    /// <inheritdoc cref="IBlock.Values"/>
    public abstract int Values { get; }

    /// <inheritdoc cref="IBlock.Bytes"/>
    public abstract int Bytes { get; }

    /// <inheritdoc cref="IBlock.TileBytes"/>
    public abstract int TileBytes { get; }

    public abstract void Quantize(float* source, byte* block);

    public abstract void Dequantize(byte* block, float* target);

    public abstract void Pack(byte* block, int lane, byte* tile);

    /// <summary>The 32 values of a part for <paramref name="rows"/> rows from <paramref name="lane"/> on, row after row.</summary>
    public abstract void Unpack(byte* tile, int part, int lane, int rows, float* target);

    /// <inheritdoc cref="TileProduct.Multiply"/>
    public abstract void Multiply<S, V>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int from, int to, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct;

    private static BlockFormat?[] Table(params BlockFormat[] formats)
    {
        BlockFormat?[] table = new BlockFormat?[Enum.GetValues<WeightFormat>().Length];
        foreach (BlockFormat format in formats)
        {
            table[(int)format.Format] = format;
        }

        return table;
    }
}

/// <summary>The row of the format <typeparamref name="F"/>.</summary>
internal sealed unsafe class BlockFormat<F> : BlockFormat
    where F : struct, IBlock
{
    public override WeightFormat Format => F.Format;

    public override int Values => F.Values;

    public override int Bytes => F.Bytes;

    public override int TileBytes => F.TileBytes;

    public override void Quantize(float* source, byte* block) => F.Quantize(source, block);

    public override void Dequantize(byte* block, float* target) => F.Dequantize(block, target);

    public override void Pack(byte* block, int lane, byte* tile) => F.Pack(block, lane, tile);

    public override void Unpack(byte* tile, int part, int lane, int rows, float* target)
    {
        for (int i = 0; i < rows; i++)
        {
            F.Unpack(tile, part, lane + i, target + (32 * i));
        }
    }

    public override void Multiply<S, V>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int from, int to, float* c, nint cRow) =>
        TileProduct.Multiply<S, V, F>(x, stride, rows, tiles, from, to, c, cRow);
}
