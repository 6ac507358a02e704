using Razum.Inference.Hub;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tensors.Threading;
using Razum.Text;

namespace Razum.Inference;

/// <summary>
/// Everything in a model folder that is needed to talk to the model: configuration, weights, tokenizer, chat format, defaults. The single loader.
/// The weights stay mapped from the files; dispose the bundle after all that uses its decoder.
/// </summary>
public sealed class ModelBundle : IDisposable
{
    private readonly IDisposable? _files;

    /// <summary>A bundle over a model that is in memory already (one that is being trained).</summary>
    /// <param name="name">Its name, for messages and replies.</param>
    /// <param name="decoder">The model; it stays the caller's.</param>
    /// <param name="tokenizer">Its vocabulary; may be smaller than the model's embedding, never larger.</param>
    /// <param name="defaults">What its publisher says about generating; null for plain defaults.</param>
    /// <exception cref="InvalidDataException">The vocabulary is larger than the embedding.</exception>
    public ModelBundle(string name, Decoder decoder, Tokenizer tokenizer, GenerationDefaults? defaults = null)
        : this(name, decoder, tokenizer, defaults ?? new GenerationDefaults(), null)
    {
    }

    private ModelBundle(string name, Decoder decoder, Tokenizer tokenizer, GenerationDefaults defaults, IDisposable? files)
    {
        ModelConfig config = decoder.Config;
        if (tokenizer.VocabSize > config.VocabSize)
        {
            throw new InvalidDataException($"{name}: the tokenizer has {tokenizer.VocabSize} tokens, more than vocab_size {config.VocabSize} of the model");
        }

        (Decoder, Tokenizer, Defaults, _files) = (decoder, tokenizer, defaults, files);
        IEnumerable<int> ends = defaults.EndTokens.Count > 0 ? defaults.EndTokens : config.EosTokenIds;
        int[] endTokens = [.. (tokenizer.EosId is int eos ? ends.Append(eos) : ends).Distinct()];
        Info = new ModelInfo(name, config.VocabSize, config.MaxPositionEmbeddings, endTokens) { Adapters = decoder.AdapterNames };
    }

    public ModelInfo Info { get; }

    public Decoder Decoder { get; }

    public Tokenizer Tokenizer { get; }

    public GenerationDefaults Defaults { get; }

    /// <summary>How conversations are written for this model.</summary>
    /// <exception cref="InvalidDataException">Its vocabulary fits no known format: a model without chat.</exception>
    public ChatTemplate Template => field ??= ChatTemplate.For(Tokenizer);

    /// <summary>Reads a folder in the published layout (config.json, safetensors or pytorch_model.bin, tokenizer.json, and what may stand beside them) or a GGUF file.</summary>
    /// <param name="folder">The model's folder, or its file.</param>
    /// <param name="format">A block format to quantise matrices to while loading (see <see cref="QuantisedParameters"/>); null leaves all as published.</param>
    /// <param name="threads">Threads to quantise with; 0 means one per processor.</param>
    /// <exception cref="InvalidDataException">Something is missing, damaged or not supported; one line says what and where.</exception>
    /// <param name="engine">The engine that will run over it: whether weights and cache fit memory is then known before anything is quantised.</param>
    /// <param name="adapters">
    /// LoRA adapters, folders as PEFT writes them or GGUF files, among which requests choose by name; or one without a name, which all requests have. Null or
    /// none for the model alone.
    /// </param>
    /// <exception cref="ArgumentException">Weights and cache do not fit memory, or names of adapters are missing or alike.</exception>
    public static ModelBundle Load(
        string folder, WeightFormat? format = null, int threads = 0, EngineOptions? engine = null, IReadOnlyList<NamedAdapter>? adapters = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        adapters ??= [];
        if (GgufModel.IsGguf(folder))
        {
            return LoadGguf(folder, format, threads, engine, adapters);
        }

        if (!Directory.Exists(folder))
        {
            throw new InvalidDataException($"{folder}: no such folder");
        }

        ModelConfig config = ModelConfigReader.Read(folder);
        Tokenizer tokenizer = LoadTokenizer(folder);
        GenerationDefaults defaults = GenerationDefaults.Load(folder, config.VocabSize);
        var checkpoint = new Checkpoint(folder);
        try
        {
            string name = HubCache.NameOf(folder) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
            RequireRoom(name, config, format, engine, adapters);
            Decoder decoder = Read(config, new CheckpointParameters(checkpoint), format, threads, adapters);
            // Absorbed: a decoded token reads the cached latents as they are. One form for prompts too, so that chunks change no bit.
            decoder.LatentForm = LatentAttentionForm.Absorbed;
            return new ModelBundle(name, decoder, tokenizer, defaults, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer of a folder or GGUF file alone: no weight is read.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is damaged or not supported; one line says what and where.</exception>
    public static Tokenizer LoadTokenizer(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (GgufModel.IsGguf(folder))
        {
            using var model = new GgufModel(folder);
            return Tokenizer.FromGguf(GgufVocabularies.Read(model), folder);
        }

        return Tokenizer.FileOf(folder) is string vocabulary ? Tokenizer.Load(vocabulary)
            : throw new InvalidDataException($"{Path.Combine(folder, "tokenizer.json")}: no such file");
    }

    private static ModelBundle LoadGguf(string path, WeightFormat? format, int threads, EngineOptions? engine, IReadOnlyList<NamedAdapter> adapters)
    {
        var model = new GgufModel(path);
        try
        {
            ModelConfig config = GgufConfig.Read(model);
            Tokenizer tokenizer = Tokenizer.FromGguf(GgufVocabularies.Read(model), path);
            string name = Path.GetFileNameWithoutExtension(path);
            RequireRoom(name, config, format, engine, adapters);
            Decoder decoder = Read(config, new GgufParameters(model, config), format, threads, adapters);
            decoder.LatentForm = LatentAttentionForm.Absorbed;
            return new ModelBundle(name, decoder, tokenizer, GgufSampling.Read(model, config.VocabSize), model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Quantised weights are all this process's own: they fit beside a context before any is made, or none is.</summary>
    private static void RequireRoom(string name, ModelConfig config, WeightFormat? format, EngineOptions? engine, IReadOnlyList<NamedAdapter> adapters)
    {
        if (engine is null || format is not { } chosen)
        {
            return;
        }

        Decoder shape = AdaptedDecoder.Load(config, new ShapeParameters(), adapters);
        ModelInfo info = CachePlan.Limit(new ModelInfo(name, config.VocabSize, config.MaxPositionEmbeddings, []), engine);
        EnginePlan plan = EnginePlan.Of(shape, info, engine, MemoryRoom.Beside(0));
        long weights = MemoryRoom.ToQuantise(shape, chosen);
        foreach (LoraPair pair in shape.Adapters)
        {
            pair.A.Dispose();
            pair.B.Dispose();
        }

        CachePlan.Blocks(engine, info, plan.Cache, plan.Room with { Weights = weights });
    }

    private static Decoder Read(ModelConfig config, ParameterSource source, WeightFormat? format, int threads, IReadOnlyList<NamedAdapter> adapters)
    {
        if (format is not { } chosen)
        {
            return adapters.Count == 0 ? new Decoder(config, source) : AdaptedDecoder.Load(config, source, adapters);
        }

        using WorkerPool pool = new(threads > 0 ? threads : Environment.ProcessorCount);
        return Read(config, new QuantisedParameters(source, chosen, pool), null, threads, adapters);
    }

    public void Dispose() => _files?.Dispose();
}
