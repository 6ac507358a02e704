using System.Text.Json;
using Razum.Tensors.Checkpoints;

namespace Razum.Inference;

/// <summary>
/// What the publisher of a model says about generating with it (<c>generation_config.json</c>): how to sample, and which tokens end an answer.
/// Fields that do not concern this are ignored; without the file the defaults are plain.
/// </summary>
public sealed record GenerationDefaults
{
    private const string FileName = "generation_config.json";

    /// <summary>How to sample unless the caller says otherwise.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end an answer; empty when the file does not say.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Reads the file of a model folder, if there is one.</summary>
    /// <exception cref="InvalidDataException">It is not JSON, or a field has another type or an impossible value; one line with file, field and fault.</exception>
    public static GenerationDefaults Load(string folder, int vocabSize)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return new GenerationDefaults();
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(file, document.RootElement, vocabSize)
                : throw new InvalidDataException($"{file}: expected an object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{file}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    private static GenerationDefaults Read(string file, JsonElement root, int vocabSize)
    {
        SamplingOptions plain = new();
        bool greedy = root.TryGetProperty("do_sample", out JsonElement sample) && sample.ValueKind == JsonValueKind.False;
        SamplingOptions sampling = greedy ? SamplingOptions.Greedy : new SamplingOptions
        {
            Temperature = Number(file, root, "temperature", plain.Temperature),
            TopK = (int)Math.Clamp(Number(file, root, "top_k", plain.TopK), 0, int.MaxValue), // some write -1 for all
            TopP = Number(file, root, "top_p", plain.TopP),
            MinP = Number(file, root, "min_p", plain.MinP),
            RepetitionPenalty = Number(file, root, "repetition_penalty", plain.RepetitionPenalty),
        };
        try
        {
            sampling.Validate(vocabSize);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"{file}: {fault.Message}", fault);
        }

        return new GenerationDefaults { Sampling = sampling, EndTokens = Tokens(file, root, "eos_token_id", vocabSize) };
    }

    private static double Number(string file, JsonElement root, string field, double otherwise)
    {
        if (!root.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return otherwise;
        }

        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw new InvalidDataException($"{file}: {field}: expected a number");
    }

    /// <summary>One token id or a list of them.</summary>
    private static int[] Tokens(string file, JsonElement root, string field, int vocabSize)
    {
        if (!root.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        int Token(JsonElement item) => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && (uint)id < (uint)vocabSize
            ? id
            : throw new InvalidDataException($"{file}: {field}: expected token ids below {vocabSize}");
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Token)] : [Token(value)];
    }
}
