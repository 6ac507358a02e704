using System.Text.Json;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints;

/// <summary>Every file of the golden group <c>damaged/safetensors</c> against the verdict demanded there.</summary>
[Trait("golden", "yes")]
public sealed class DamagedSafetensorsTests
{
    private static readonly string s_folder = Path.Combine(Goldens.Root, "damaged", "safetensors");

    public static TheoryData<string> Files => DamagedFiles.Of("damaged/safetensors");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_gets_its_verdict(string file) =>
        DamagedFiles.Check("damaged/safetensors", file, path => new SafetensorsFile(path).Dispose(), CheckContents);

    [Fact]
    public void Values_of_every_type_are_converted()
    {
        using SafetensorsFile file = new(Path.Combine(s_folder, "all-dtypes.safetensors"));
        foreach (TensorEntry entry in file.Tensors)
        {
            ReadOnlySpan<byte> bytes = file.Bytes(entry.Name);
            double expected = entry.Type switch
            {
                ElementType.Bool or ElementType.U8 => bytes[0],
                ElementType.I8 => (sbyte)bytes[0],
                ElementType.I16 => BitConverter.ToInt16(bytes),
                ElementType.U16 => BitConverter.ToUInt16(bytes),
                ElementType.F16 => (double)BitConverter.ToHalf(bytes),
                ElementType.BF16 => BitConverter.ToSingle([0, 0, bytes[0], bytes[1]]),
                ElementType.I32 => BitConverter.ToInt32(bytes),
                ElementType.U32 => BitConverter.ToUInt32(bytes),
                ElementType.F32 => BitConverter.ToSingle(bytes),
                ElementType.I64 => BitConverter.ToInt64(bytes),
                ElementType.U64 => BitConverter.ToUInt64(bytes),
                ElementType.F64 => BitConverter.ToDouble(bytes),
                _ => double.NaN,
            };
            if (double.IsNaN(expected))
            {
                Assert.Contains(entry.Type.Name(), Assert.Throws<InvalidDataException>(() => file.ReadFloats(entry.Name)).Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal((float)expected, file.ReadFloats(entry.Name)[0]);
            }
        }
    }

    private static void CheckContents(string path, JsonElement contents)
    {
        using SafetensorsFile file = new(path);
        List<JsonElement> expected = [.. contents.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(expected.Count, file.Tensors.Count);
        foreach (JsonElement tensor in expected)
        {
            TensorEntry entry = file[tensor.GetProperty("name").GetString()!];
            Assert.Equal(tensor.GetProperty("dtype").GetString(), entry.Type.Name());
            Assert.Equal(tensor.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()), entry.Shape);
            Assert.Equal(tensor.GetProperty("bytes_hex").GetString(), Convert.ToHexStringLower(file.Bytes(entry.Name)));
        }
    }
}
