using System.Runtime.CompilerServices;
using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Formats;

namespace Razum.Tests.Tensors.Formats;

/// <summary>Every block format against ggml: values of blocks bit for bit, and quantisers by bytes or by their squared error.</summary>
[Trait("golden", "yes")]
public sealed unsafe class BlockFormatGoldenTests
{
    /// <summary>How far the squared error of a searching quantiser may be from ggml's.</summary>
    private const double ErrorTolerance = 0.02;

    public static TheoryData<WeightFormat> Formats => [.. WeightFormats.Quantised];

    [Fact]
    public void Golden_folders_are_there() => Assert.All(WeightFormats.Quantised, f => Assert.True(Directory.Exists(Folder("formats", f)), Folder("formats", f)));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Values_of_blocks_are_exact(WeightFormat format)
    {
        BlockFormat blocks = BlockFormat.Of(format)!;
        using SafetensorsFile file = new(Path.Combine(Folder("formats", format), "data.safetensors"));
        float[] expected = file.ReadFloats("values");
        byte* data = file.Address(file["blocks"]);
        float[] values = new float[blocks.Values];
        float[] part = new float[32];
        byte[] tile = new byte[blocks.TileBytes];
        for (int i = 0; i < expected.Length / blocks.Values; i++)
        {
            ReadOnlySpan<float> wanted = expected.AsSpan(i * blocks.Values, blocks.Values);
            byte* block = data + (i * blocks.Bytes);
            fixed (float* target = values)
            fixed (float* piece = part)
            fixed (byte* tiles = tile)
            {
                blocks.Dequantize(block, target);
                Same(wanted, values);
                blocks.Pack(block, i % 32, tiles);
                for (int p = 0; p < blocks.Values / 32; p++)
                {
                    blocks.Unpack(tiles, p, i % 32, 1, piece);
                    Same(wanted.Slice(32 * p, 32), part);
                }
            }
        }

        Goldens.Report(format.ToString(), "values", 0, 1);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Quantisers_equal_those_of_ggml(WeightFormat format)
    {
        BlockFormat blocks = BlockFormat.Of(format)!;
        string folder = Path.Combine(Goldens.Root, "gguf", "quantise");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        double[] errors = [.. golden.RootElement.GetProperty("types").GetProperty(format.ToString()).GetProperty("mse_plain").EnumerateArray().Select(e => e.GetDouble())];
        using SafetensorsFile inputs = new(Path.Combine(folder, "inputs.safetensors"));
        using SafetensorsFile expected = new(Path.Combine(folder, $"{format.ToString().ToLowerInvariant()}.safetensors"));
        float[] rows = inputs.ReadFloats("rows");
        int columns = rows.Length / errors.Length;
        int rowBytes = columns / blocks.Values * blocks.Bytes;
        byte* bytes = expected.Address(expected["plain"]);
        for (int row = 0; row < errors.Length; row++)
        {
            byte[] actual = Quantise(blocks, rows.AsSpan(row * columns, columns));
            double error = SquaredError(blocks, actual, rows.AsSpan(row * columns, columns));
            bool equal = new ReadOnlySpan<byte>(bytes + (row * rowBytes), rowBytes).SequenceEqual(actual);
            Goldens.Report(format.ToString(), $"row {row}", equal ? 0 : Math.Abs(error - errors[row]), ErrorTolerance * errors[row]);
            Assert.True(equal || (format != WeightFormat.Q8_0 && error <= errors[row] * (1 + ErrorTolerance)), $"{format}: row {row}: error {error}, ggml {errors[row]}");
        }
    }

    private static string Folder(string group, WeightFormat format) => Path.Combine(Goldens.Root, "gguf", group, format.ToString().ToLowerInvariant());

    /// <summary>Equal as numbers; the sign of a zero is free.</summary>
    private static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(expected[i] == actual[i], $"value {i}: {actual[i]}, expected {expected[i]}");
        }
    }

    private static byte[] Quantise(BlockFormat format, ReadOnlySpan<float> row)
    {
        byte[] bytes = new byte[row.Length / format.Values * format.Bytes];
        fixed (float* source = row)
        fixed (byte* target = bytes)
        {
            for (int i = 0; i < row.Length / format.Values; i++)
            {
                format.Quantize(source + (i * format.Values), target + (i * format.Bytes));
            }
        }

        return bytes;
    }

    private static double SquaredError(BlockFormat format, byte[] bytes, ReadOnlySpan<float> row)
    {
        float[] values = new float[format.Values];
        double sum = 0;
        for (int i = 0; i < row.Length / format.Values; i++)
        {
            format.Dequantize((byte*)Unsafe.AsPointer(ref bytes[i * format.Bytes]), (float*)Unsafe.AsPointer(ref values[0]));
            for (int j = 0; j < values.Length; j++)
            {
                sum += Math.Pow((double)values[j] - row[(i * format.Values) + j], 2);
            }
        }

        return sum / row.Length;
    }
}
