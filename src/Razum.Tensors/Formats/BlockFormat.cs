using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// A row of the table of block formats: a format's struct behind virtual calls, each of which does a block, a tile or a piece of a product. Formats without
/// tiles, or without a quantiser, have no such calls: see <see cref="HasTiles"/> and <see cref="CanQuantize"/>.
/// </summary>
internal abstract unsafe class BlockFormat
{
    private static readonly BlockFormat?[] s_table = Table(
        new TiledFormat<Q8_0>(),
        new TiledFormat<Q6_K>(),
        new TiledFormat<Q5_1>(),
        new TiledFormat<Q5_0>(),
        new TiledFormat<Q5_K>(),
        new TiledFormat<Q4_1>(),
        new TiledFormat<Q4_0>(),
        new TiledFormat<Q4_K>(),
        new TiledFormat<IQ4_NL>(),
        new TiledFormat<IQ4_XS>(),
        new TiledFormat<MXFP4>(),
        new PlainFormat<NVFP4>(),
        new TiledFormat<Q3_K>(),
        new PlainFormat<IQ3_S>(),
        new PlainFormat<IQ3_XXS>(),
        new QuantizingFormat<Q2_K>(),
        new PlainFormat<IQ2_S>(),
        new PlainFormat<IQ2_XS>(),
        new PlainFormat<Q2_0>(),
        new PlainFormat<IQ2_XXS>(),
        new QuantizingFormat<TQ2_0>(),
        new PlainFormat<IQ1_M>(),
        new QuantizingFormat<TQ1_0>(),
        new PlainFormat<IQ1_S>(),
        new PlainFormat<Q1_0>());

    /// <summary>All formats, in the order of <see cref="WeightFormat"/>.</summary>
    public static IEnumerable<BlockFormat> All => s_table.OfType<BlockFormat>();

    /// <summary>The row of a format; null for formats that store every value by itself.</summary>
    public static BlockFormat? Of(WeightFormat format) => s_table[(int)format];

    public abstract WeightFormat Format { get; }

    /// <inheritdoc cref="IBlock.Values"/>
    public abstract int Values { get; }

    /// <inheritdoc cref="IBlock.Bytes"/>
    public abstract int Bytes { get; }

    /// <summary>Whether there is a quantiser.</summary>
    public virtual bool CanQuantize => false;

    /// <summary>Whether products run on tiles; else on values that are dequantised on the way.</summary>
    public virtual bool HasTiles => false;

    /// <inheritdoc cref="Tile{F}.Bytes"/>
    public virtual int TileBytes => throw Lacks("tiles");

    /// <summary>What products with tiles depend on, besides the values in them: formats of equal layouts share their kernels' ways.</summary>
    public virtual object Layout => throw Lacks("tiles");

    public abstract void Dequantize(byte* block, float* target);

    /// <inheritdoc cref="IQuantizer.Quantize"/>
    public virtual void Quantize(float* source, Importance importance, byte* block) => throw Lacks("quantiser");

    /// <inheritdoc cref="Tile{F}.Pack(byte*, int, int, byte*)"/>
    public virtual void Pack(byte* blocks, int count, int lane, byte* tiles) => throw Lacks("tiles");

    /// <summary>The 32 values of a part for <paramref name="rows"/> rows from <paramref name="lane"/> on, row after row.</summary>
    public virtual void Unpack(byte* tile, int part, int lane, int rows, float* target) => throw Lacks("tiles");

    /// <inheritdoc cref="TileProduct.Multiply"/>
    public virtual void Multiply<S, V>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int from, int to, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct => throw Lacks("tiles");

    private InvalidOperationException Lacks(string what) => new($"{Format} has no {what}");

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

/// <summary>The row of a format that can only be read.</summary>
internal unsafe class PlainFormat<F> : BlockFormat
    where F : struct, IBlock
{
    public override WeightFormat Format => F.Format;

    public override int Values => F.Values;

    public override int Bytes => F.Bytes;

    public override void Dequantize(byte* block, float* target) => F.Dequantize(block, target);
}

/// <summary>The row of a format with a quantiser.</summary>
internal unsafe class QuantizingFormat<F> : PlainFormat<F>
    where F : struct, IQuantizer
{
    public override bool CanQuantize => true;

    public override void Quantize(float* source, Importance importance, byte* block) => F.Quantize(source, importance, block);
}

/// <summary>The row of a format with tiles.</summary>
internal sealed unsafe class TiledFormat<F> : QuantizingFormat<F>
    where F : struct, ITiledBlock
{
    public override bool HasTiles => true;

    public override int TileBytes => Tile<F>.Bytes;

    public override object Layout => (F.CodeBits, F.Runs, F.HasMinimum, F.HasFloatStep, F.HasCodebook, Tile<F>.Parts == 1, Tile<F>.ExcessShift > 0);

    public override void Pack(byte* blocks, int count, int lane, byte* tiles) => Tile<F>.Pack(blocks, count, lane, tiles);

    public override void Unpack(byte* tile, int part, int lane, int rows, float* target)
    {
        for (int i = 0; i < rows; i++)
        {
            Tile<F>.Unpack(tile, part, lane + i, target + (32 * i));
        }
    }

    public override void Multiply<S, V>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int from, int to, float* c, nint cRow) =>
        TileProduct.Multiply<S, V, F>(x, stride, rows, tiles, from, to, c, cRow);
}
