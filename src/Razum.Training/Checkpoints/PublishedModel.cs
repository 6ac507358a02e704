using System.Text.Json;
using Razum.Models;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Training.Checkpoints;

/// <summary>
/// Writes a model as a folder in the published layout, so that other programs load what Razum trains: config.json, model.safetensors, tokenizer.json,
/// tokenizer_config.json, generation_config.json. Adapters are merged into the weights they adapt.
/// </summary>
public sealed class PublishedModel
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    /// <summary>Folder of the tokenizer's files; null for the byte tokenizer.</summary>
    public string? TokenizerPath { get; init; }

    public required Decoder Decoder { get; init; }

    /// <summary>F32 or BF16. Balancing biases are always F32, as published.</summary>
    public ElementType Format { get; init; } = ElementType.BF16;

    /// <summary>Ends an answer; beside the ends that the config names.</summary>
    public int? EndOfTurn { get; init; }

    /// <summary>Whether generation_config.json asks for the most probable token: right where answers are exact, as in procedural tasks.</summary>
    public bool Greedy { get; init; }

    /// <summary>Writes all files into a new or existing folder.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        ModelConfigWriter.Write(Path.Combine(folder, "config.json"), Decoder.Config, Format);
        AtomicFile.Write(Path.Combine(folder, "generation_config.json"), WriteGeneration);
        if (TokenizerPath is null)
        {
            ByteTokenizer.Write(folder);
        }
        else
        {
            foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "tiktoken.model", "tokenizer.model"])
            {
                string source = Path.Combine(TokenizerPath, name);
                if (File.Exists(source))
                {
                    byte[] bytes = File.ReadAllBytes(source);
                    AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(bytes));
                }
            }
        }

        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        PublishedTensors.AddTo(writer, Decoder, Format);
        if (Decoder.Mtp is not null)
        {
            // Published files repeat the shared embedding and head under the names of the prediction layer.
            string layer = $"model.layers.{Decoder.Config.NumHiddenLayers}";
            writer.Add(layer + ".embed_tokens.weight", Decoder.Parameters.First(w => w.Name == "model.embed_tokens.weight"), Format);
            writer.Add(layer + ".shared_head.head.weight", Decoder.Head, Format);
        }

        writer.Save(Path.Combine(folder, "model.safetensors"));
    }

    private void WriteGeneration(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, s_indented);
        json.WriteStartObject();
        if (Decoder.Config.BosTokenId is { } bos)
        {
            json.WriteNumber("bos_token_id", bos);
        }

        if (Greedy)
        {
            json.WriteBoolean("do_sample", false);
        }

        int[] ends = [.. Decoder.Config.EosTokenIds.Concat(EndOfTurn is { } end ? [end] : []).Distinct()];
        if (ends.Length > 0)
        {
            json.WriteStartArray("eos_token_id");
            foreach (int id in ends)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
