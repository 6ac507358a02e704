using System.Runtime.InteropServices;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tensors.Formats;
using Razum.Text;
using Razum.Text.Gguf;
using Razum.Training.Speed;

namespace Razum.Benchmarks;

/// <summary>
/// Writes a GGUF file of a named shape in one of the usual mixtures, so that speed can be measured on the same file as that of other programs. Values are random
/// and repeat after a few rows, which no product of matrices can notice; the vocabulary is bytes and names. Options: shape, mixture, file.
/// </summary>
internal static unsafe class ShapeFile
{
    private const int DifferentRows = 64;

    internal static void Run(string[] options)
    {
        if (options.Length != 3 || Mixture.Find(options[1]) is not { } mixture)
        {
            Console.WriteLine("file SHAPE MIXTURE FILE.gguf");
            return;
        }

        ModelConfig config = NamedShapes.Get(options[0]);
        var writer = new GgufWriter();
        GgufMetadata.Write(writer, config, options[0]);
        GgufMetadata.SetFileType(writer, mixture);
        GgufVocabularies.Write(writer, Vocabulary(config.VocabSize));
        Dictionary<(GgmlType, int), byte[]> blocks = [];
        foreach (GgufRows shape in GgufTensors.Of(new Decoder(config, new ShapeParameters())))
        {
            GgmlType type = mixture.TypeOf(shape, config);
            if (shape.Name == GgufConfig.Factors)
            {
                float[] factors = new float[shape.Columns]; // of positions: those of the shape, which are checked when the file is read
                shape.Read(0, factors);
                writer.Add(shape.Name, type, shape.Dims, stream => stream.Write(MemoryMarshal.AsBytes(factors.AsSpan())));
                continue;
            }

            bool isGain = shape.Name.EndsWith("_norm.weight", StringComparison.Ordinal);
            byte[] rows = isGain ? Rows(type, shape.Columns, _ => 1) : blocks.TryGetValue((type, shape.Columns), out byte[]? known) ? known
                : blocks[(type, shape.Columns)] = Rows(type, shape.Columns, random => (random.NextSingle() - 0.5f) * 0.07f);
            long bytes = shape.Rows * (rows.Length / DifferentRows);
            writer.Add(shape.Name, type, shape.Dims, stream => Repeat(stream, rows, bytes));
        }

        writer.Save(options[2]);
        Console.WriteLine($"{options[2]}: {options[0]}, {mixture.Name}, {new FileInfo(options[2]).Length:N0} bytes");
    }

    private static void Repeat(Stream stream, byte[] rows, long bytes)
    {
        for (long written = 0; written < bytes; written += rows.Length)
        {
            stream.Write(rows, 0, (int)Math.Min(rows.Length, bytes - written));
        }
    }

    private static byte[] Rows(GgmlType type, int columns, Func<Random, float> value)
    {
        int rowBytes = columns / type.BlockSize() * type.BlockBytes();
        byte[] bytes = new byte[DifferentRows * rowBytes];
        float[] row = new float[columns];
        var random = new Random(columns);
        for (int i = 0; i < DifferentRows; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                row[c] = value(random);
            }

            Span<byte> target = bytes.AsSpan(i * rowBytes, rowBytes);
            switch (type)
            {
                case GgmlType.F32: MemoryMarshal.AsBytes(row.AsSpan()).CopyTo(target); break;
                case GgmlType.F16: MemoryMarshal.AsBytes(Array.ConvertAll(row, v => (Half)v).AsSpan()).CopyTo(target); break;
                case GgmlType.BF16: MemoryMarshal.AsBytes(Array.ConvertAll(row, ElementWriter.ToBF16).AsSpan()).CopyTo(target); break;
                default: Quantise(type, row, target); break;
            }
        }

        return bytes;
    }

    private static void Quantise(GgmlType type, float[] row, Span<byte> target)
    {
        fixed (float* source = row)
        fixed (byte* bytes = target)
        {
            WeightRows.Quantize(BlockFormat.Of(type.Format()!.Value)!, source, row.Length, null, bytes);
        }
    }

    private static GgufVocabulary Vocabulary(int size) => new()
    {
        Model = GgufVocabulary.ByteLevel,
        Tokens = [.. Enumerable.Range(0, size).Select(i => i < 256 ? ByteAlphabet.Letter((byte)i).ToString() : $"<|{i}|>")],
        Types = [.. Enumerable.Range(0, size).Select(i => i < 256 ? 1 : 3)],
        EosTokenId = size - 1,
    };
}
