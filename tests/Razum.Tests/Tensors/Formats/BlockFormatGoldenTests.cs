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

    /// <summary>The same for errors that are weighted by the importance of columns.</summary>
    private const double WeightedTolerance = 0.05;

    /// <summary>Squared errors below this are the rounding of scales to F16.</summary>
    private const double SmallestError = 1e-12;

    /// <summary>Formats whose quantiser gives the bytes of ggml; the others search.</summary>
    private static readonly WeightFormat[] s_sameBytes =
        [WeightFormat.Q8_0, WeightFormat.Q5_1, WeightFormat.Q5_0, WeightFormat.Q4_1, WeightFormat.Q4_0, WeightFormat.MXFP4, WeightFormat.TQ1_0, WeightFormat.TQ2_0];

    public static TheoryData<WeightFormat> Formats => [.. Goldens.Cases("gguf/formats").Select(Path.GetFileName).Where(n => n != "small-floats").Select(Named!)];

    public static TheoryData<WeightFormat> Quantisers => [.. WeightFormats.Quantised];

    [Fact]
    public void Every_format_has_its_golden_folder() =>
        Assert.All(BlockFormat.All, f => Assert.Contains(f.Format, Formats.Select(row => row.Data)));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Values_of_blocks_are_exact(WeightFormat format)
    {
        BlockFormat blocks = BlockFormat.Of(format)!;
        using SafetensorsFile file = new(Path.Combine(Goldens.Root, "gguf", "formats", Name(format), "data.safetensors"));
        float[] expected = file.ReadFloats("values");
        Assert.Equal([expected.Length / blocks.Values, blocks.Bytes], file["blocks"].Shape);
        byte* data = file.Address(file["blocks"]);
        float[] values = new float[blocks.Values];
        for (int i = 0; i < expected.Length / blocks.Values; i++)
        {
            byte* block = data + (i * blocks.Bytes);
            fixed (float* target = values)
            {
                blocks.Dequantize(block, target);
            }

            Same(expected.AsSpan(i * blocks.Values, blocks.Values), values);
            if (blocks.HasTiles)
            {
                SameInTile(blocks, block, i % 32, expected.AsSpan(i * blocks.Values, blocks.Values));
            }
        }

        Goldens.Report(format.ToString(), "values", 0, 1);
    }

    [Theory]
    [MemberData(nameof(Quantisers))]
    public void Quantisers_equal_those_of_ggml(WeightFormat format) => Quantise(format, "plain");

    [Theory]
    [MemberData(nameof(Quantisers))]
    public void With_an_importance_matrix_too(WeightFormat format) => Quantise(format, "imatrix");

    [Fact]
    public void Small_floats_are_widened_and_rounded_exactly()
    {
        using SafetensorsFile file = new(Path.Combine(Goldens.Root, "gguf", "formats", "small-floats", "data.safetensors"));
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        float[] widened = new float[256];
        fixed (byte* source = all)
        fixed (float* target = widened)
        {
            Float8.Widen(source, 256, 1, target);
        }

        Assert.Equal(file.ReadFloats("e4m3fn_values"), widened);
        Assert.Equal(file.ReadFloats("e4m3fn_values"), all.Select(Float8.Value));
        Assert.Equal(file.ReadFloats("ue4m3_values"), all.Select(NVFP4.HalfScale));
        Assert.Equal(file.ReadFloats("e8m0_half_values"), all.Select(MXFP4.HalfPower));
        float[] x = file.ReadFloats("x");
        Assert.Equal(file.Bytes("x_to_e4m3fn").ToArray().Select(AnyNaN), x.Select(Float8.Round).Select(AnyNaN));

        static byte AnyNaN(byte bits) => (bits & 0x7F) == 0x7F ? (byte)0x7F : bits; // its sign means nothing

        Goldens.Report("small-floats", "values", 0, 1);
    }

    private static void SameInTile(BlockFormat blocks, byte* block, int lane, ReadOnlySpan<float> expected)
    {
        float[] part = new float[32];
        byte[] tile = new byte[blocks.TileBytes];
        fixed (float* piece = part)
        fixed (byte* tiles = tile)
        {
            blocks.Pack(block, 1, lane, tiles);
            for (int p = 0; p < blocks.Values / 32; p++)
            {
                blocks.Unpack(tiles, p, lane, 1, piece);
                Same(expected.Slice(32 * p, 32), part);
            }
        }
    }

    private static void Quantise(WeightFormat format, string output)
    {
        BlockFormat blocks = BlockFormat.Of(format)!;
        string folder = Path.Combine(Goldens.Root, "gguf", "quantise");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        JsonElement types = golden.RootElement.GetProperty("types").GetProperty(format.ToString());
        if (!types.TryGetProperty("mse_" + output, out JsonElement recorded))
        {
            Assert.Skip($"no {output} for {format}");
        }

        double[] errors = [.. recorded.EnumerateArray().Select(e => e.GetDouble())];
        using SafetensorsFile inputs = new(Path.Combine(folder, "inputs.safetensors"));
        using SafetensorsFile expected = new(Path.Combine(folder, $"{Name(format)}.safetensors"));
        float[] rows = inputs.ReadFloats("rows");
        float[]? importance = output == "imatrix" ? inputs.ReadFloats("imatrix") : null;
        double tolerance = output == "plain" ? ErrorTolerance : WeightedTolerance;
        int columns = rows.Length / errors.Length;
        int rowBytes = columns / blocks.Values * blocks.Bytes;
        byte* bytes = expected.Address(expected[output]);
        for (int row = 0; row < errors.Length; row++)
        {
            ReadOnlySpan<float> values = rows.AsSpan(row * columns, columns);
            byte[] actual = Quantise(blocks, values, importance);
            double error = SquaredError(blocks, actual, values, importance), wanted = SquaredError(blocks, new ReadOnlySpan<byte>(bytes + (row * rowBytes), rowBytes).ToArray(), values, importance);
            bool equal = new ReadOnlySpan<byte>(bytes + (row * rowBytes), rowBytes).SequenceEqual(actual);
            Goldens.Report(format.ToString(), $"{output} {row}", equal ? 0 : Math.Max(0, error - wanted - SmallestError), tolerance * wanted);
            bool near = error <= (wanted * (1 + tolerance)) + SmallestError && (output == "imatrix" || !s_sameBytes.Contains(format));
            Assert.True(equal || near, $"{format}: {output}: row {row}: error {error}, ggml {wanted}");
        }
    }

    private static string Name(WeightFormat format) => format.ToString().ToLowerInvariant();

    private static WeightFormat Named(string folder) => Enum.Parse<WeightFormat>(folder, ignoreCase: true);

    /// <summary>Equal as numbers; the sign of a zero is free.</summary>
    private static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(expected[i] == actual[i], $"value {i}: {actual[i]}, expected {expected[i]}");
        }
    }

    private static byte[] Quantise(BlockFormat format, ReadOnlySpan<float> row, float[]? importance)
    {
        byte[] bytes = new byte[row.Length / format.Values * format.Bytes];
        fixed (float* source = row)
        fixed (float* columns = importance)
        fixed (byte* target = bytes)
        {
            WeightRows.Quantize(format, source, row.Length, columns, target);
        }

        return bytes;
    }

    /// <summary>Mean squared error; with importance, of the columns that matter.</summary>
    private static double SquaredError(BlockFormat format, byte[] bytes, ReadOnlySpan<float> row, float[]? importance)
    {
        float[] values = new float[format.Values];
        (double sum, double weights) = (0, 0);
        for (int i = 0; i < row.Length / format.Values; i++)
        {
            format.Dequantize((byte*)Unsafe.AsPointer(ref bytes[i * format.Bytes]), (float*)Unsafe.AsPointer(ref values[0]));
            for (int j = 0; j < values.Length; j++)
            {
                int column = (i * format.Values) + j;
                double weight = importance?[column] ?? 1;
                sum += weight * Math.Pow((double)values[j] - row[column], 2);
                weights += weight;
            }
        }

        return sum / weights;
    }
}
