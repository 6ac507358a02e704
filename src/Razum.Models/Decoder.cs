using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// The one decoder-only language model: embedding, blocks, norm, head. The same object is served, trained and sampled; what differs between families is in
/// <see cref="ModelConfig"/>, what differs between uses is in the <see cref="Ops"/> and the <see cref="Batch"/>.
/// </summary>
public sealed class Decoder
{
    private const string EmbeddingName = "model.embed_tokens.weight";

    private readonly Weight _embedding;
    private readonly Block[] _blocks;
    private readonly string[] _hiddenNames;
    private readonly Norm _norm;
    private readonly RecordingSource _source;

    /// <exception cref="InvalidDataException">A parameter is missing or has another shape.</exception>
    public Decoder(ModelConfig config, ParameterSource source)
    {
        Config = config;
        _source = new RecordingSource(source);
        int rotated = config.Attention is MlaConfig mla ? mla.QkRopeHeadDim : ((GqaConfig)config.Attention).HeadDim;
        var rope = new RopeTable(rotated, config.Rope.Theta, config.Rope.Layout, config.Rope.Scaling);
        _embedding = _source.Get(EmbeddingName, config.VocabSize, config.HiddenSize);
        _blocks = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Block(config, rope, _source, i, $"router.{i}"))];
        _hiddenNames = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => $"hidden.{i}")];
        _norm = new Norm(_source, "model.norm", config.HiddenSize, config.RmsNormEps);
        Head = config.TieWordEmbeddings ? _embedding : _source.Get("lm_head.weight", config.VocabSize, config.HiddenSize);
        Mtp = config.NumNextnPredictLayers > 0 && source.Contains($"model.layers.{config.NumHiddenLayers}.eh_proj.weight")
            ? new MultiTokenPrediction(config, rope, _embedding, _source)
            : null;
        foreach (Weight weight in _source.Parameters.Where(w => w.Format == WeightFormat.F8_E4M3))
        {
            weight.PowerOfTwoScales = config.PowerOfTwoScales;
        }
    }

    public ModelConfig Config { get; }

    /// <summary>The output projection [V, D]; the embedding itself when tied.</summary>
    public Weight Head { get; }

    /// <summary>Whether products meet a weight: a matrix other than the table of embeddings, which is one too where it is also the head.</summary>
    public bool IsMultiplied(Weight weight) => !weight.IsVector && (weight == Head || weight.Name != EmbeddingName);

    /// <summary>The layer of multi-token prediction; null when the model or the checkpoint has none.</summary>
    public MultiTokenPrediction? Mtp { get; }

    /// <summary>Every parameter once, in the order of the layers, those of adapters after their layer's own. Routing biases are among them; they are never trained by gradient.</summary>
    public IReadOnlyList<Weight> Parameters => _source.Parameters;

    /// <summary>What is added to linear layers, in their order; empty for most models.</summary>
    public IReadOnlyList<LoraPair> Adapters => _source.Adapters;

    /// <summary>Names of the adapters among which requests choose, by number; empty when there is none, or only one for all rows.</summary>
    public IReadOnlyList<string> AdapterNames => _source.AdapterNames;

    /// <summary>All mixtures of experts, the one of <see cref="Mtp"/> last.</summary>
    public IEnumerable<MixtureOfExperts> Mixtures => AllBlocks.Select(b => b.FeedForward).OfType<MixtureOfExperts>();

    /// <summary>Form of latent attention; without meaning for other attention, and for one with an indexer.</summary>
    public LatentAttentionForm LatentForm
    {
        get => AllBlocks.Select(b => b.Attention).OfType<LatentAttention>().FirstOrDefault()?.Form ?? default;
        set
        {
            foreach (LatentAttention attention in AllBlocks.Select(b => b.Attention).OfType<LatentAttention>())
            {
                attention.Form = value;
            }
        }
    }

    /// <summary>Whether training keeps only the input of every layer and computes the rest again for the backward pass.</summary>
    public bool RecomputeActivations { get; set; }

    private IEnumerable<Block> AllBlocks => Mtp is null ? _blocks : _blocks.Append(Mtp.Block);

    /// <summary>What this model stores per token and layer.</summary>
    public CacheShape CacheShape => Config.Attention switch
    {
        MlaConfig mla => new CacheShape(CachedLayers, mla.CachedColumns, 0),
        GqaConfig gqa => new CacheShape(CachedLayers, gqa.NumKeyValueHeads * gqa.HeadDim, gqa.NumKeyValueHeads * gqa.HeadDim),
        _ => throw new InvalidOperationException("unknown attention"),
    };

    private int CachedLayers => _blocks.Length + (Mtp is null ? 0 : 1);

    /// <summary>A cache for one sequence alone, with blocks of its own.</summary>
    /// <param name="limit">Rows it may ever hold; at most the model's context.</param>
    public KeyValueCache CreateCache(int limit) => KeyValueCache.Alone(CacheShape, limit);

    /// <summary>Embedding rows of the batch's tokens. [T, D]</summary>
    public Tensor Embed(Ops ops, Batch batch)
    {
        Tensor x = ops.Embedding(_embedding, batch.Tokens);
        ops.Observe("hidden.embed", x);
        return x;
    }

    /// <summary>Hidden states after the final norm. [T, D]</summary>
    public Tensor Forward(Ops ops, Batch batch) => Forward(ops, Embed(ops, batch), batch);

    /// <summary>Hidden states after the final norm, from embeddings that need not come from tokens. [T, D]</summary>
    public Tensor Forward(Ops ops, Tensor embeddings, Batch batch)
    {
        Tensor x = embeddings;
        Arena.Mark begin = ops.Begin();
        for (int i = 0; i < _blocks.Length; i++)
        {
            x = ops.End(begin, RecomputeActivations ? Recompute(ops, x, batch, i) : _blocks[i].Forward(ops, x, batch));
            ops.Observe(_hiddenNames[i], x);
        }

        x = _norm.Forward(ops, x);
        ops.Observe("hidden.norm", x);
        return x;
    }

    /// <summary>Logits of some rows of hidden states. [R, V]</summary>
    public Tensor Logits(Ops ops, Tensor hidden) => ops.Linear(hidden, Head);

    /// <summary>The same model on the same weights, its adapters left out.</summary>
    public Decoder WithoutAdapters() =>
        new(Config, new SharedParameters(PublishedTensors.Own(this))) { LatentForm = LatentForm };

    private Tensor Recompute(Ops ops, Tensor x, Batch batch, int layer) => ops.Recompute(x, (inner, input) => _blocks[layer].Forward(inner, input, batch));
}
