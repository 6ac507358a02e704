using Razum.Inference.Hub;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tensors.Threading;
using Razum.Text.Gguf;

namespace Razum.Inference;

/// <summary>Models from one published layout into the other: folders with safetensors (or pytorch_model.bin, to read), and GGUF files. Outputs are written whole or not at all.</summary>
public static class ModelConversion
{
    /// <summary>What stands beside the weights of a folder and stays as it is.</summary>
    private static readonly string[] s_beside =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "tiktoken.model", "vocab.json",
        "merges.txt", "chat_template.jinja", "chat_template.json", "generation_config.json",
    ];

    /// <summary>Writes a model, a folder or a GGUF file, as one GGUF file.</summary>
    /// <param name="input">The model.</param>
    /// <param name="output">The file.</param>
    /// <param name="mixture">Types of the tensors.</param>
    /// <param name="importance">How much columns matter; null when all matter alike.</param>
    /// <param name="threads">Threads to quantise with; 0 means one per processor.</param>
    /// <param name="progress">Told what has been written, and the share of all.</param>
    /// <param name="adapter">A LoRA adapter to merge into it, a folder as PEFT writes it or a GGUF file; null for none.</param>
    /// <exception cref="InvalidDataException">The input is damaged, or holds what GGUF has no names for.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void ToGguf(
        string input,
        string output,
        Mixture mixture,
        ImportanceMatrix? importance = null,
        int threads = 0,
        Action<string, double>? progress = null,
        string? adapter = null)
    {
        var writer = new GgufWriter { Progress = progress };
        using var pool = new WorkerPool(threads > 0 ? threads : Environment.ProcessorCount);
        if (GgufModel.IsGguf(input))
        {
            using var model = new GgufModel(input);
            ModelConfig config = GgufConfig.Read(model);
            foreach ((string key, GgufValue value) in model.Metadata.Where(p => !p.Key.StartsWith("split.", StringComparison.Ordinal)))
            {
                writer.Set(key, value);
            }

            IReadOnlyList<GgufRows> tensors = adapter is null
                ? [.. model.Tensors.Select(t => GgufRows.Of(model, t))]
                : GgufTensors.Of(AdaptedDecoder.Load(config, new GgufParameters(model, config), adapter));
            Add(writer, tensors, config, mixture, importance, pool);
            writer.Save(output);
            return;
        }

        using var checkpoint = new Checkpoint(input);
        ModelConfig published = ModelConfigReader.Read(input);
        string name = HubCache.NameOf(input) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(input)));
        Decoder decoder = Load(ref published, new CheckpointParameters(checkpoint), adapter);
        GgufMetadata.Write(writer, published, name);
        GenerationDefaults defaults = GenerationDefaults.Load(input, published.VocabSize);
        GgufSampling.Write(writer, defaults.Sampling);
        GgufVocabulary vocabulary = GgufVocabularyReader.Read(input);
        int[] ends = [.. defaults.EndTokens.Concat(published.EosTokenIds).Where(id => id != vocabulary.EosTokenId)];
        GgufVocabularies.Write(writer, vocabulary with { EotTokenId = ends.Length > 0 ? ends[0] : null });
        Add(writer, GgufTensors.Of(decoder), published, mixture, importance, pool);
        writer.Save(output);
    }

    /// <summary>Writes a GGUF file, or a folder with an adapter merged into it, as a folder in the published layout.</summary>
    /// <param name="input">The file or folder.</param>
    /// <param name="folder">A new or empty folder; it appears whole or not at all.</param>
    /// <param name="stored">F32 or BF16.</param>
    /// <param name="adapter">A LoRA adapter to merge into it, a folder as PEFT writes it or a GGUF file; null for none.</param>
    /// <exception cref="InvalidDataException">The input is damaged, or holds what published configs have no fields for.</exception>
    /// <exception cref="IOException">The folder is not empty, the disk is full or the folder cannot be written.</exception>
    public static void ToFolder(string input, string folder, ElementType stored, string? adapter = null)
    {
        if (!GgufModel.IsGguf(input))
        {
            MergeFolder(input, folder, stored, adapter);
            return;
        }

        using var model = new GgufModel(input);
        ModelConfig config = Published(GgufConfig.Read(model), input);
        (byte[] tokenizer, byte[] tokenizerConfig) = GgufTokenizerFiles.Write(GgufVocabularies.Read(model), input);
        Decoder decoder = Load(ref config, new GgufParameters(model, config), adapter);
        byte[] defaults = GgufSampling.Text(GgufSampling.Read(model, config.VocabSize).Sampling, config.EosTokenIds);
        AtomicFolder.Write(folder, target =>
        {
            WriteWeights(target, decoder, config, stored);
            File.WriteAllBytes(Path.Combine(target, "generation_config.json"), defaults);
            File.WriteAllBytes(Path.Combine(target, "tokenizer.json"), tokenizer);
            File.WriteAllBytes(Path.Combine(target, "tokenizer_config.json"), tokenizerConfig);
        });
    }

    private static void MergeFolder(string input, string folder, ElementType stored, string? adapter)
    {
        using var checkpoint = new Checkpoint(input);
        ModelConfig config = ModelConfigReader.Read(input);
        Decoder decoder = Load(ref config, new CheckpointParameters(checkpoint), adapter);
        AtomicFolder.Write(folder, target =>
        {
            WriteWeights(target, decoder, config, stored);
            foreach (string source in s_beside.Select(name => Path.Combine(input, name)).Where(File.Exists))
            {
                File.Copy(source, Path.Combine(target, Path.GetFileName(source)));
            }
        });
    }

    private static void WriteWeights(string folder, Decoder decoder, ModelConfig config, ElementType stored)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        PublishedTensors.AddTo(writer, decoder, stored);
        writer.Save(Path.Combine(folder, "model.safetensors"));
        ModelConfigWriter.Write(Path.Combine(folder, "config.json"), config, stored);
    }

    /// <summary>The model, its adapter beside it; the config without a layer of multi-token prediction where the checkpoint leaves that out.</summary>
    private static Decoder Load(ref ModelConfig config, ParameterSource source, string? adapter)
    {
        Decoder decoder = adapter is null ? new Decoder(config, source) : AdaptedDecoder.Load(config, source, adapter);
        if (decoder.Mtp is null && config.NumNextnPredictLayers > 0)
        {
            config = config with { NumNextnPredictLayers = 0 };
        }

        return decoder;
    }

    /// <summary>Rotary factors as the formula that published configs have for them.</summary>
    private static ModelConfig Published(ModelConfig config, string input)
    {
        if (config.Rope.Scaling is not RopeScaling.Factors factors)
        {
            return config;
        }

        RopeScaling.Llama3 scaling = factors.ToLlama3(((GqaConfig)config.Attention).HeadDim, config.Rope.Theta)
            ?? throw new InvalidDataException($"{input}: rope_freqs.weight: these factors are of no formula that configs know");
        return config with { Rope = config.Rope with { Scaling = scaling } };
    }

    private static void Add(
        GgufWriter writer, IReadOnlyList<GgufRows> tensors, ModelConfig config, Mixture mixture, ImportanceMatrix? importance, WorkerPool pool)
    {
        GgufMetadata.SetFileType(writer, mixture);
        foreach (GgufRows tensor in tensors)
        {
            tensor.AddTo(writer, mixture.TypeOf(tensor, config), importance?.Find(tensor.Name, tensor.Columns, tensor.Dims.Count > 2 ? tensor.Dims[2] : 1), pool);
        }
    }
}
