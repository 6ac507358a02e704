using Razum.Inference.Hub;
using Razum.Models;
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
    /// <summary>Writes a model, a folder or a GGUF file, as one GGUF file.</summary>
    /// <param name="input">The model.</param>
    /// <param name="output">The file.</param>
    /// <param name="mixture">Types of the tensors.</param>
    /// <param name="importance">How much columns matter; null when all matter alike.</param>
    /// <param name="threads">Threads to quantise with; 0 means one per processor.</param>
    /// <param name="progress">Told what has been written, and the share of all.</param>
    /// <exception cref="InvalidDataException">The input is damaged, or holds what GGUF has no names for.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void ToGguf(
        string input, string output, Mixture mixture, ImportanceMatrix? importance = null, int threads = 0, Action<string, double>? progress = null)
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

            Add(writer, [.. model.Tensors.Select(t => GgufRows.Of(model, t))], config, mixture, importance, pool);
            writer.Save(output);
            return;
        }

        using var checkpoint = new Checkpoint(input);
        ModelConfig published = ModelConfigReader.Read(input);
        string name = HubCache.NameOf(input) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(input)));
        var decoder = new Decoder(published, new CheckpointParameters(checkpoint));
        if (decoder.Mtp is null && published.NumNextnPredictLayers > 0)
        {
            published = published with { NumNextnPredictLayers = 0 }; // the checkpoint leaves it out
        }

        GgufMetadata.Write(writer, published, name);
        GenerationDefaults defaults = GenerationDefaults.Load(input, published.VocabSize);
        GgufSampling.Write(writer, defaults.Sampling);
        GgufVocabulary vocabulary = GgufVocabularyReader.Read(input);
        int[] ends = [.. defaults.EndTokens.Concat(published.EosTokenIds).Where(id => id != vocabulary.EosTokenId)];
        GgufVocabularies.Write(writer, vocabulary with { EotTokenId = ends.Length > 0 ? ends[0] : null });
        Add(writer, GgufTensors.Of(decoder), published, mixture, importance, pool);
        writer.Save(output);
    }

    /// <summary>Writes a GGUF file as a folder in the published layout.</summary>
    /// <param name="input">The file.</param>
    /// <param name="folder">A new or empty folder; it appears whole or not at all.</param>
    /// <param name="stored">F32 or BF16.</param>
    /// <exception cref="InvalidDataException">The input is damaged, or holds what published configs have no fields for.</exception>
    /// <exception cref="IOException">The folder is not empty, the disk is full or the folder cannot be written.</exception>
    public static void ToFolder(string input, string folder, ElementType stored)
    {
        using var model = new GgufModel(input);
        ModelConfig config = Published(GgufConfig.Read(model), input);
        (byte[] tokenizer, byte[] tokenizerConfig) = GgufTokenizerFiles.Write(GgufVocabularies.Read(model), input);
        var decoder = new Decoder(config, new GgufParameters(model, config));
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        foreach (Weight weight in decoder.Parameters)
        {
            writer.Add(weight, weight.Name.EndsWith("e_score_correction_bias", StringComparison.Ordinal) ? ElementType.F32 : stored);
        }

        byte[] defaults = GgufSampling.Text(GgufSampling.Read(model, config.VocabSize).Sampling, config.EosTokenIds);
        AtomicFolder.Write(folder, target =>
        {
            writer.Save(Path.Combine(target, "model.safetensors"));
            ModelConfigWriter.Write(Path.Combine(target, "config.json"), config, stored);
            File.WriteAllBytes(Path.Combine(target, "generation_config.json"), defaults);
            File.WriteAllBytes(Path.Combine(target, "tokenizer.json"), tokenizer);
            File.WriteAllBytes(Path.Combine(target, "tokenizer_config.json"), tokenizerConfig);
        });
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
