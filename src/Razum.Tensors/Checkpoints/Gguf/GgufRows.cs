using Razum.Tensors.Formats;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>A tensor that is to be written into a GGUF file, in whatever type: its rows as F32, and its bytes if it is stored in a type already.</summary>
public sealed unsafe class GgufRows
{
    private const int ChunkBytes = 4 << 20;

    public required string Name { get; init; }

    /// <summary>Sizes, fastest first.</summary>
    public required IReadOnlyList<long> Dims { get; init; }

    /// <summary>The type that it has now.</summary>
    public required GgmlType Type { get; init; }

    public required RowReader Read { get; init; }

    /// <summary>Writes the bytes as they are; null if there are none in <see cref="Type"/>.</summary>
    public Action<Stream>? Raw { get; init; }

    public int Columns => checked((int)(Dims.Count == 0 ? 1 : Dims[0]));

    public long Count => Dims.Aggregate(1L, (product, size) => product * size);

    public long Rows => Columns == 0 ? 0 : Count / Columns;

    /// <summary>A tensor of another file.</summary>
    public static GgufRows Of(GgufModel model, GgufTensor tensor)
    {
        if (tensor.Type.Format() is null)
        {
            return new GgufRows
            {
                Name = tensor.Name,
                Dims = tensor.Dims,
                Type = tensor.Type,
                Read = (_, _) => throw model.Fault(tensor.Name, $"{tensor.Type} is no type of weights"),
                Raw = stream => stream.Write(model.Bytes(tensor.Name)),
            };
        }

        int columns = checked((int)(tensor.Dims.Count == 0 ? 1 : tensor.Dims[0]));
        Weight weight = model.ReadRows(tensor.Name, tensor.Name, 0, checked((int)(tensor.Count / Math.Max(columns, 1))), columns);
        return new GgufRows
        {
            Name = tensor.Name,
            Dims = tensor.Dims,
            Type = tensor.Type,
            Read = (row, target) => weight.ReadRow((int)row, target),
            Raw = stream => WriteBytes(stream, weight.Data, tensor.Length),
        };
    }

    /// <summary>Adds the tensor to a file, in type <paramref name="type"/>.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="type">A type that can be written: F32, F16, BF16, or one with a quantiser.</param>
    /// <param name="importance">How much every column matters, for each of the stacked matrices; null when all matter alike.</param>
    /// <param name="pool">Threads to quantise with.</param>
    /// <exception cref="ArgumentException">The type cannot be written, or rows are not whole blocks of it.</exception>
    public void AddTo(GgufWriter writer, GgmlType type, float[]? importance, WorkerPool pool)
    {
        if (type == Type && Raw is { } raw)
        {
            writer.Add(Name, type, Dims, raw);
            return;
        }

        if (type is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16) && !(type.Format() is { } format && BlockFormat.Of(format) is { CanQuantize: true }))
        {
            throw new ArgumentException($"{type} can be read, not written", nameof(type));
        }

        writer.Add(Name, type, Dims, stream => Write(stream, type, importance, pool));
    }

    private static void WriteBytes(Stream stream, byte* data, long length)
    {
        for (long from = 0; from < length; from += ChunkBytes)
        {
            stream.Write(new ReadOnlySpan<byte>(data + from, (int)Math.Min(ChunkBytes, length - from)));
        }
    }

    private void Write(Stream stream, GgmlType type, float[]? importance, WorkerPool pool)
    {
        int rowBytes = Columns / type.BlockSize() * type.BlockBytes();
        int chunk = (int)Math.Clamp(ChunkBytes / Math.Max(rowBytes, 1), 1, Math.Max(1, Rows));
        byte[] bytes = new byte[chunk * rowBytes];
        fixed (byte* target = bytes)
        {
            for (long row = 0; row < Rows; row += chunk)
            {
                int count = (int)Math.Min(chunk, Rows - row);
                pool.For(count, 1, new RowJob(this, type, importance, row, target, rowBytes));
                stream.Write(bytes, 0, count * rowBytes);
            }
        }
    }

    private void Convert(long row, Span<float> values, GgmlType type, float[]? importance, byte* target)
    {
        Read(row, values);
        switch (type)
        {
            case GgmlType.F32:
                values.CopyTo(new Span<float>(target, values.Length));
                return;
            case GgmlType.F16:
                for (int i = 0; i < values.Length; i++)
                {
                    ((Half*)target)[i] = (Half)values[i];
                }

                return;
            case GgmlType.BF16:
                for (int i = 0; i < values.Length; i++)
                {
                    ((ushort*)target)[i] = ElementWriter.ToBF16(values[i]);
                }

                return;
        }

        long matrices = Dims.Count > 2 ? Count / Dims[0] / Dims[1] : 1;
        long matrix = row / (Rows / matrices);
        fixed (float* source = values)
        fixed (float* columns = importance)
        {
            float* own = columns == null ? null : columns + (importance!.Length == Columns ? 0 : matrix * Columns);
            WeightRows.Quantize(BlockFormat.Of(type.Format()!.Value)!, source, Columns, own, target);
        }
    }

    private readonly struct RowJob(GgufRows rows, GgmlType type, float[]? importance, long first, byte* target, int rowBytes) : IRangeJob
    {
        public void Run(int from, int to)
        {
            float[] values = new float[rows.Columns];
            for (int r = from; r < to; r++)
            {
                rows.Convert(first + r, values, type, importance, target + ((long)r * rowBytes));
            }
        }
    }
}
