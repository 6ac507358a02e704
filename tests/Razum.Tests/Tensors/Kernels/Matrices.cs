using System.Runtime.InteropServices;
using Razum.Tensors;
using Razum.Tensors.Formats;
using Razum.Tensors.SelfTest;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Random operands for kernel tests, and comparisons of results. Memory is given back when it is disposed.</summary>
internal sealed unsafe class Matrices(int seed) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly Arena _arena = new();
    private readonly List<Weight> _weights = [];
    private readonly List<nint> _memory = [];

    /// <summary>Formats that store every value by itself; products with them are F32 throughout.</summary>
    public static IEnumerable<WeightFormat> PlainFormats => Enum.GetValues<WeightFormat>().Where(f => !f.IsBlocks());

    /// <summary>Formats whose products run on bytes, one for every layout of tiles.</summary>
    public static IEnumerable<WeightFormat> TiledFormats =>
        BlockFormat.All.Where(f => f.HasTiles).DistinctBy(f => f.Layout).Select(f => f.Format);

    public Arena Arena => _arena;

    /// <summary>Values in [-1, 1) in rows <paramref name="gap"/> values longer than needed; the gaps hold NaN, so that reading one is seen.</summary>
    public Tensor Random(int rows, int columns, int gap = 0)
    {
        Tensor tensor = Filled(rows, columns, gap);
        for (int r = 0; r < rows; r++)
        {
            foreach (ref float value in tensor[r])
            {
                value = (float)((2 * _random.NextDouble()) - 1);
            }
        }

        return tensor;
    }

    /// <summary>NaN everywhere.</summary>
    public Tensor Filled(int rows, int columns, int gap = 0)
    {
        Tensor tensor = _arena.Allocate(rows, columns + gap);
        for (int r = 0; r < rows; r++)
        {
            tensor[r].Fill(float.NaN);
        }

        return tensor.Slice(0, columns);
    }

    public Tensor Zeros(int rows, int columns) => _arena.AllocateZeroed(rows, columns);

    public Tensor Copy(Tensor source)
    {
        Tensor tensor = _arena.Allocate(source.Rows, source.Columns);
        for (int r = 0; r < source.Rows; r++)
        {
            source[r].CopyTo(tensor[r]);
        }

        return tensor;
    }

    public Weight Weight(int rows, int columns, WeightFormat format = WeightFormat.F32, bool gradient = false)
    {
        Weight weight;
        if (format == WeightFormat.F32)
        {
            weight = Razum.Tensors.Weight.Create("w", rows, columns);
            foreach (ref float value in weight.AsSpan())
            {
                value = (float)((2 * _random.NextDouble()) - 1);
            }
        }
        else if (BlockFormat.Of(format) is { } blocks)
        {
            weight = Blocks(rows, columns, blocks);
        }
        else
        {
            Weight source = Weight(rows, columns);
            weight = FormatWeights.Convert(source, format);
        }

        if (gradient)
        {
            weight.EnableGradient();
        }

        _weights.Add(weight);
        return weight;
    }

    /// <summary>A weight over blocks in memory, as a mapped file would have them.</summary>
    private Weight Blocks(int rows, int columns, BlockFormat format)
    {
        int count = rows * columns / format.Values;
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)(count * format.Bytes), 64);
        _memory.Add((nint)data);
        float* values = stackalloc float[format.Values];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < format.Values; j++)
            {
                values[j] = (float)((2 * _random.NextDouble()) - 1);
            }

            format.Quantize(values, default, data + (i * format.Bytes));
        }

        return Razum.Tensors.Weight.Map("w", format.Format, data, rows, columns, rows == 1, this);
    }

    /// <summary>Every value within <paramref name="tolerance"/> of what is expected.</summary>
    public static void Close(Tensor expected, Tensor actual, float tolerance = 2e-5f)
    {
        for (int r = 0; r < expected.Rows; r++)
        {
            for (int c = 0; c < expected.Columns; c++)
            {
                float difference = MathF.Abs(expected[r][c] - actual[r][c]);
                Assert.True(difference <= tolerance * (1 + MathF.Abs(expected[r][c])), $"[{r}, {c}]: {actual[r][c]}, expected {expected[r][c]}");
            }
        }
    }

    /// <summary>The same bits everywhere.</summary>
    public static void Same(Tensor expected, Tensor actual)
    {
        for (int r = 0; r < expected.Rows; r++)
        {
            Assert.True(expected[r].SequenceEqual(actual[r]), $"row {r} of {expected.Rows} differs");
        }
    }

    public void Dispose()
    {
        foreach (Weight weight in _weights)
        {
            weight.Dispose();
        }

        foreach (nint memory in _memory)
        {
            NativeMemory.AlignedFree((void*)memory);
        }

        _arena.Dispose();
    }
}
