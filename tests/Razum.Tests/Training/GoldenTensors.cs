using System.Buffers.Binary;
using System.Text.Json;

namespace Razum.Tests.Training;

/// <summary>The tensors of a golden safetensors file, widened to double. Reads F64, F32 and I32; for trusted files only.</summary>
internal static class GoldenTensors
{
    public static Dictionary<string, GoldenTensor> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(8, header));
        return document.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__").ToDictionary(p => p.Name, p =>
        {
            int from = 8 + header + p.Value.GetProperty("data_offsets")[0].GetInt32();
            int to = 8 + header + p.Value.GetProperty("data_offsets")[1].GetInt32();
            string type = p.Value.GetProperty("dtype").GetString()!;
            int width = type == "F64" ? 8 : 4;
            double[] values = new double[(to - from) / width];
            for (int i = 0; i < values.Length; i++)
            {
                ReadOnlySpan<byte> at = bytes.AsSpan(from + (i * width));
                values[i] = type switch
                {
                    "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
                    "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                    "I32" => BinaryPrimitives.ReadInt32LittleEndian(at),
                    _ => throw new InvalidDataException($"{path}: {p.Name} is {type}"),
                };
            }

            return new GoldenTensor(p.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()).ToArray(), values);
        });
    }
}

/// <summary>Shape and values.</summary>
internal sealed record GoldenTensor(int[] Shape, double[] Values)
{
    public float[] ToFloats() => Array.ConvertAll(Values, v => (float)v);
}
