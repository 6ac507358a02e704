using System.Globalization;
using System.Text.Json;
using Razum.Models;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Benchmarks;

/// <summary>
/// A model folder in the published layout with E4M3 weights, its files full of holes: every name, shape and type is there, and next to nothing on the disk. Values
/// are written only where they decide which experts a token goes to: norms, routers with their biases, and the embeddings of the tokenizer's own tokens; filled, E4M3
/// matrices too, with factors of zero, so that they are read from a real disk.
/// </summary>
internal static class SparseCheckpoint
{
    private const float RouterStd = 0.02f;
    private const float BiasWidth = 0.05f;

    private static readonly byte[] s_noise = Noise();

    /// <summary>Writes the folder: config, tokenizer of bytes, index and shards.</summary>
    /// <param name="folder">A new or existing folder.</param>
    /// <param name="json">The text of config.json.</param>
    /// <param name="shards">Number of files.</param>
    /// <param name="filled">Whether the bytes of matrices are written.</param>
    internal static void Write(string folder, string json, int shards, bool filled = false)
    {
        ModelConfig config = ModelConfigReader.Parse(json);
        Directory.CreateDirectory(folder);
        ByteTokenizer.Write(folder);
        PublishedTensor[] tensors = [.. PublishedTensor.Of(config, ElementType.F8E4M3)];
        long total = tensors.Sum(t => t.Bytes), sum = 0;
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (IGrouping<int, PublishedTensor> shard in tensors.GroupBy(t => (int)Math.Min(shards - 1, (sum += t.Bytes) * shards / (total + 1))).ToArray())
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{shard.Key + 1:00000}-of-{shards:000000}.safetensors");
            var writer = new SafetensorsWriter();
            writer.AddMetadata("format", "pt");
            foreach (PublishedTensor tensor in shard)
            {
                writer.Add(tensor.Name, tensor.Type, tensor.Shape, stream => Fill(stream, tensor, filled));
                files.Add(tensor.Name, name);
            }

            writer.Save(Path.Combine(folder, name));
        }

        AtomicFile.Write(Path.Combine(folder, "model.safetensors.index.json"), stream => WriteIndex(stream, total, files));
        AtomicFile.Write(Path.Combine(folder, "config.json"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(json)));
    }

    private static byte[] Noise()
    {
        byte[] bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= 0xBF; // no NaN
        }

        return bytes;
    }

    private static void WriteIndex(Stream stream, long total, Dictionary<string, string> files)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", total);
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach ((string tensor, string file) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            json.WriteString(tensor, file);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Fill(Stream stream, PublishedTensor tensor, bool filled)
    {
        long written = tensor.Name switch
        {
            _ when tensor.Shape.Count == 1 && tensor.Type == ElementType.F32 => Write(stream, tensor, tensor.Shape[0], BiasWidth),
            _ when tensor.Shape.Count == 1 => WriteOnes(stream, tensor.Shape[0]),
            "model.embed_tokens.weight" => Write(stream, tensor, Math.Min(ByteTokenizer.VocabSize, tensor.Shape[0]) * tensor.Shape[1], 1),
            _ when tensor.Name.EndsWith(".mlp.gate.weight", StringComparison.Ordinal) => Write(stream, tensor, tensor.Shape[0] * tensor.Shape[1], RouterStd),
            _ when filled && tensor.Type == ElementType.F8E4M3 => WriteNoise(stream, tensor.Bytes),
            _ => 0,
        };
        stream.Seek(tensor.Bytes - written, SeekOrigin.Current);
    }

    private static long WriteNoise(Stream stream, long count)
    {
        for (long at = 0; at < count; at += s_noise.Length)
        {
            stream.Write(s_noise, 0, (int)Math.Min(s_noise.Length, count - at));
        }

        return count;
    }

    private static long WriteOnes(Stream stream, long count)
    {
        byte[] bytes = new byte[2 * count];
        for (int i = 0; i < count; i++)
        {
            (bytes[2 * i], bytes[(2 * i) + 1]) = (0x80, 0x3F); // 1.0 in BF16
        }

        stream.Write(bytes);
        return bytes.Length;
    }

    /// <summary>Even random values of deviation <paramref name="width"/>, the same for the same name.</summary>
    private static long Write(Stream stream, PublishedTensor tensor, long count, float width)
    {
        Random random = new(tensor.Name.Aggregate(17, (hash, letter) => (31 * hash) + letter));
        bool isWide = tensor.Type == ElementType.F32;
        byte[] bytes = new byte[count * (isWide ? sizeof(float) : sizeof(ushort))];
        for (int i = 0; i < count; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(((2 * random.NextSingle()) - 1) * MathF.Sqrt(3) * width);
            if (isWide)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(4 * i), bits);
            }
            else
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), (ushort)(bits >> 16));
            }
        }

        stream.Write(bytes);
        return bytes.Length;
    }
}
