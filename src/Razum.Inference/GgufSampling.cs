using System.Text.Json;
using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Inference;

/// <summary>What a GGUF file says about generating (keys <c>general.sampling.*</c>), from and to <see cref="GenerationDefaults"/> and their file.</summary>
internal static class GgufSampling
{
    private const string Prefix = "general.sampling.";

    /// <exception cref="InvalidDataException">A key is of another type or has an impossible value; one line with file, key and fault.</exception>
    public static GenerationDefaults Read(GgufModel model, int vocabSize)
    {
        var fields = new GgufFields(model.Path, model.Metadata, Prefix);
        SamplingOptions plain = new();
        SamplingOptions sampling = new()
        {
            Temperature = fields.Number("temp", plain.Temperature),
            TopK = (int)Math.Clamp(fields.Number("top_k", plain.TopK), 0, int.MaxValue),
            TopP = fields.Number("top_p", plain.TopP),
            MinP = fields.Number("min_p", plain.MinP),
            RepetitionPenalty = fields.Number("penalty_repeat", plain.RepetitionPenalty),
        };
        try
        {
            sampling.Validate(vocabSize);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"{model.Path}: {Prefix}*: {fault.Message}", fault);
        }

        return new GenerationDefaults { Sampling = sampling };
    }

    /// <summary>The text of a <c>generation_config.json</c>.</summary>
    public static byte[] Text(SamplingOptions sampling, IReadOnlyList<int> endTokens)
    {
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("do_sample", sampling.Temperature > 0);
            if (sampling.Temperature > 0)
            {
                json.WriteNumber("temperature", sampling.Temperature);
                json.WriteNumber("top_k", sampling.TopK);
                json.WriteNumber("top_p", sampling.TopP);
                json.WriteNumber("min_p", sampling.MinP);
            }

            json.WriteNumber("repetition_penalty", sampling.RepetitionPenalty);
            json.WriteStartArray("eos_token_id");
            foreach (int id in endTokens)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    /// <summary>Adds the keys of what is not plain.</summary>
    public static void Write(GgufWriter writer, SamplingOptions sampling)
    {
        SamplingOptions plain = new();
        Set("temp", sampling.Temperature, plain.Temperature);
        if (sampling.TopK != plain.TopK)
        {
            writer.Set(Prefix + "top_k", sampling.TopK);
        }

        Set("top_p", sampling.TopP, plain.TopP);
        Set("min_p", sampling.MinP, plain.MinP);
        Set("penalty_repeat", sampling.RepetitionPenalty, plain.RepetitionPenalty);

        void Set(string name, double value, double otherwise)
        {
            if (value != otherwise)
            {
                writer.Set(Prefix + name, (float)value);
            }
        }
    }
}
