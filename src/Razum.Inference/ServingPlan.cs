using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>
/// What it takes to serve a model, in bytes, before anything is loaded: counted with the functions by which an <see cref="Engine"/> decides whether it starts and
/// where its weights are read.
/// </summary>
public sealed record ServingPlan
{
    private ServingPlan(PlannedModel model, EngineOptions options, long? memory)
    {
        Decoder decoder = model.Decoder;
        ModelConfig config = decoder.Config;
        ModelInfo info = CachePlan.Limit(new ModelInfo(model.Name, config.VocabSize, config.MaxPositionEmbeddings, []), options);
        EnginePlan plan = EnginePlan.Of(decoder, info, options, memory is { } bytes ? MemoryRoom.Of(bytes) : MemoryRoom.Beside(0));
        (Name, ContextLength, Sequences, Placement, Room) = (model.Name, info.ContextLength, options.MaxSequences, plan.Weights.Placement, plan.Room);

        string ahead = $".{config.NumHiddenLayers}.";
        Types = [.. model.Tensors.GroupBy(t => t.Type).Select(g => (g.Key, g.Count(), g.Sum(t => t.Bytes))).OrderByDescending(t => t.Item3)];
        AheadBytes = config.NumNextnPredictLayers == 0 ? 0 : model.Tensors.Where(t => t.Name.StartsWith("model.layers" + ahead, StringComparison.Ordinal) || t.Name.StartsWith("blk" + ahead, StringComparison.Ordinal)).Sum(t => t.Bytes);
        Parameters = decoder.Parameters.Where(w => !WeightPlan.IsAhead(decoder, w)).Sum(w => w.Count);

        Taken = WeightPlan.Taken(decoder);
        BlockBytes = plan.Cache.BlockBytes;
        CacheBytes = Sequences * BlockTable.BlocksFor(ContextLength) * BlockBytes;

        DecoderCost all = new(decoder), files = new(decoder, w => plan.Weights.ReadsFile(decoder, w, options));
        (Active, TokenBytes, AlwaysBytes) = (all.Active, all.WeightBytes(1, 1), all.WeightBytes(0, 1));
        double inFiles = plan.Weights.ReadFromFiles(decoder, options);
        double always = files.WeightBytes(0, 1), step = files.WeightBytes(Sequences, Sequences);
        double pages = plan.Room.Available - plan.Room.Weights - plan.Room.Step - CacheBytes; // what memory can hold of the files
        FittingContext = Fitting(config);
        (FileBytes, HeldBytes) = (inFiles, Math.Clamp(pages, 0, inFiles));
        Verdict = CacheBytes > plan.Room.ForCache ? ServingVerdict.TooLarge : inFiles <= pages ? ServingVerdict.Fits : ServingVerdict.FromDisk;

        // What every token reads stays, where it fits; of experts chosen evenly, the share that is left over. A cycle longer than memory is never found in it.
        double missed = always > pages ? step : (step - always) * (1 - ((pages - always) / Math.Max(1, inFiles - always)));
        DiskBytesPerToken = Verdict == ServingVerdict.FromDisk ? missed / Sequences : 0;
    }

    public string Name { get; }

    /// <summary>Tensors of the files by type, the largest share first.</summary>
    public IReadOnlyList<(string Type, int Tensors, long Bytes)> Types { get; }

    /// <summary>Bytes of all tensors.</summary>
    public long StoredBytes => Types.Sum(t => t.Bytes);

    /// <summary>Those of the layer of multi-token prediction.</summary>
    public long AheadBytes { get; }

    /// <summary>Parameters without that layer.</summary>
    public long Parameters { get; }

    /// <summary>Parameters that a token is multiplied with.</summary>
    public double Active { get; }

    /// <summary>Bytes of weights that one token reads, of experts those it visits.</summary>
    public double TokenBytes { get; }

    /// <summary>Those of them that every token reads, whatever experts it visits.</summary>
    public double AlwaysBytes { get; }

    /// <summary>Where products read the weights.</summary>
    public WeightPlacement Placement { get; }

    /// <summary>Bytes of this process's own that the weights take, beside their files.</summary>
    public long WeightBytes => Taken + Room.Weights;

    /// <summary>The most tokens of a sequence.</summary>
    public int ContextLength { get; }

    /// <summary>Sequences at a time.</summary>
    public int Sequences { get; }

    /// <summary>Bytes of keys and values, all sequences at their full length.</summary>
    public long CacheBytes { get; }

    /// <summary>Bytes of keys and values of a token.</summary>
    public double CachedTokenBytes => (double)BlockBytes / BlockPool.BlockRows;

    /// <summary>Bytes that keys and values may take.</summary>
    public long CacheRoom => Room.ForCache;

    /// <summary>Bytes of what a step computes.</summary>
    public long StepBytes => Room.Step;

    /// <summary>Bytes of this process's own memory, all together.</summary>
    public long OwnBytes => WeightBytes + CacheBytes + StepBytes;

    /// <summary>Bytes of weights that products read from the files.</summary>
    public double FileBytes { get; }

    /// <summary>Those of them that memory can hold beside the rest.</summary>
    public double HeldBytes { get; }

    /// <summary>Bytes of memory that are free.</summary>
    public long Available => Room.Available;

    public ServingVerdict Verdict { get; }

    /// <summary>About the bytes that have to be read from disk for a token, once memory is full; 0 unless it runs from disk.</summary>
    public double DiskBytesPerToken { get; }

    /// <summary>The longest context for which so many sequences fit; 0 if none does.</summary>
    public int FittingContext { get; }

    internal MemoryRoom Room { get; }

    internal long BlockBytes { get; }

    /// <summary>What weights take already.</summary>
    private long Taken { get; }

    /// <summary>The plan for a model folder, of which config.json is enough, or a GGUF file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="type">One of <see cref="KnownTypes"/>, for files of another type than these; null for the files as they are.</param>
    /// <param name="options">The engine that would run.</param>
    /// <param name="memory">Bytes of memory of the machine it would run on; null for this one as it is now.</param>
    /// <exception cref="InvalidDataException">A file is damaged or missing, or the tensors do not fit the config.</exception>
    /// <exception cref="ArgumentException">There is no such type.</exception>
    public static ServingPlan Read(string path, string? type, EngineOptions options, long? memory = null)
    {
        options.Validate();
        using PlannedModel model = PlannedModel.Read(path, type);
        return new ServingPlan(model, options, memory);
    }

    /// <summary>The plan for a model that is known by its configuration alone.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="json">The text of its config.json.</param>
    /// <param name="type">As for <see cref="Read"/>; null for what the configuration says.</param>
    /// <param name="options">The engine that would run.</param>
    /// <param name="memory">As for <see cref="Read"/>.</param>
    public static ServingPlan Of(string name, string json, string? type, EngineOptions options, long? memory = null)
    {
        options.Validate();
        using PlannedModel model = PlannedModel.FromConfig(name, ModelConfigReader.Parse(json, name), type ?? PlannedModel.StoredType(json, name));
        return new ServingPlan(model, options, memory);
    }

    /// <summary>All types that a plan can be made for.</summary>
    public static IEnumerable<string> KnownTypes => PlannedModel.Types;

    private int Fitting(ModelConfig config)
    {
        long blocks = Room.ForCache / BlockBytes / Sequences;
        return (int)Math.Min(Math.Min(blocks, int.MaxValue / BlockPool.BlockRows) * BlockPool.BlockRows, config.MaxPositionEmbeddings);
    }
}
