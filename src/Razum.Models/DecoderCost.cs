using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// What a decoder's work costs, counted, not measured: floating-point operations (2 for a multiply-add), and bytes of weights and cache that have to be read.
/// Operations are those of the matrices a token meets (all but the embedding table, of the experts those it visits) and of attention, 2 per pair of query
/// and visible key, head and column of keys and values. Norms, rotations, activations and sampling are left out, as are attention windows.
/// An indexer's keys are scored for every visible key, attended to are no more than it chooses; nothing is learned through it.
/// </summary>
public sealed class DecoderCost
{
    private readonly ModelConfig _config;
    private readonly double _body;
    private readonly double _head;
    private readonly double _ahead;
    private readonly double _sharedBytes;
    private readonly double _expertBytes;
    private readonly double _headBytes;
    private readonly double _embeddingRowBytes;
    private readonly double _attentionColumns;
    private readonly double _indexColumns;
    private readonly double _mostAttended;
    private readonly double _frozen;

    /// <summary>Counts the parameters as they are stored, and attention in the decoder's present <see cref="Decoder.LatentForm"/>.</summary>
    /// <param name="decoder">The model, or its shape alone.</param>
    /// <param name="isRead">Which weights count among the bytes that are read; null for all.</param>
    public DecoderCost(Decoder decoder, Func<Weight, bool>? isRead = null)
    {
        _config = decoder.Config;
        string mtp = $"model.layers.{_config.NumHiddenLayers}.";
        double index = 0;
        double share = _config.Moe is { } moe ? (double)moe.Router.TopK / moe.Router.Experts : 1;
        HashSet<Weight> adapters = [.. decoder.Adapters.SelectMany(p => new[] { p.A, p.B })];
        foreach (Weight weight in decoder.Parameters.Where(w => !w.IsVector))
        {
            bool isExpert = weight.Name.Contains(".experts.", StringComparison.Ordinal);
            double active = weight.Count * (isExpert ? share : 1);
            long bytes = isRead?.Invoke(weight) == false ? 0 : weight.StoredBytes;
            if (weight.Name == "model.embed_tokens.weight")
            {
                _embeddingRowBytes = (double)bytes / weight.Rows;
            }

            if (weight == decoder.Head)
            {
                (_head, _headBytes) = (active, bytes);
            }
            else if (weight.Name.StartsWith(mtp, StringComparison.Ordinal))
            {
                _ahead += active;
            }
            else if (weight.Name != "model.embed_tokens.weight")
            {
                _body += active;
                index += weight.Name.Contains(".indexer.", StringComparison.Ordinal) ? active : 0;
                (_sharedBytes, _expertBytes) = isExpert ? (_sharedBytes, _expertBytes + bytes) : (_sharedBytes + bytes, _expertBytes);
            }
        }

        _frozen = index + (adapters.Count == 0 ? index : _body + _head - adapters.Sum(w => (double)w.Count));
        _ahead += decoder.Mtp is null ? 0 : decoder.Head.Count;
        _attentionColumns = AttentionColumns(decoder);
        IndexerConfig? indexer = (_config.Attention as MlaConfig)?.Indexer;
        _indexColumns = indexer is null ? 0 : (double)indexer.IndexNHeads * indexer.IndexHeadDim;
        _mostAttended = indexer?.IndexTopk ?? double.PositiveInfinity;
        CachedRowBytes = _config.NumHiddenLayers * CachedColumns() * sizeof(float);
        LayerRowBytes = LayerRow(_config) * sizeof(float);
    }

    /// <summary>Parameters of the matrices that a token meets on its way to the next one's logits.</summary>
    public double Active => _body + _head;

    /// <summary>Bytes that one token takes in the cache, all layers.</summary>
    public double CachedRowBytes { get; }

    /// <summary>
    /// About what a row of a batch leaves in one layer: the stream, its norms, queries, keys, values, wide results of the feed-forward, those of experts for
    /// each that the row visits.
    /// </summary>
    public double LayerRowBytes { get; }

    /// <summary>Operations of learning from a row, in those of running it: 3, or a little over 2 where adapters learn and their base has no gradients. An indexer only runs.</summary>
    public double TrainingPasses => 3 - (_frozen / Active);

    /// <summary>
    /// Operations of a training step on a sequence of <paramref name="length"/> tokens: <see cref="TrainingPasses"/> times forward, every token having
    /// logits. Work done again to save memory does not count.
    /// </summary>
    public double Training(int length, bool withMtp)
    {
        double perLayer = (6 * Pairs(0, length, _mostAttended) * _attentionColumns) + (2 * Pairs(0, length) * _indexColumns);
        return (length * ((2 * TrainingPasses * Active) + (withMtp ? 6 * _ahead : 0))) + (perLayer * (_config.NumHiddenLayers + (withMtp ? 1 : 0)));
    }

    /// <summary>Operations of the next <paramref name="rows"/> tokens after <paramref name="past"/> cached ones; so many of them have logits.</summary>
    public double Forward(int past, int rows, int logits)
    {
        double perLayer = (2 * Pairs(past, rows, _mostAttended) * _attentionColumns) + (2 * Pairs(past, rows) * _indexColumns);
        return (2 * rows * _body) + (2 * logits * _head) + (perLayer * _config.NumHiddenLayers);
    }

    /// <summary>
    /// Bytes of weights that a step of <paramref name="rows"/> rows reads, each weight once for all of them. Of E experts, k per row, those that some row
    /// visits when rows choose evenly: E (1 - (1 - k/E)^rows).
    /// </summary>
    public double WeightBytes(int rows, int logits)
    {
        double visited = _config.Moe is { } moe ? 1 - Math.Pow(1 - ((double)moe.Router.TopK / moe.Router.Experts), rows) : 0;
        return _sharedBytes + (visited * _expertBytes) + (rows * _embeddingRowBytes) + (logits > 0 ? _headBytes : 0);
    }

    /// <summary>About the memory of what a step computes without recording it: one layer at a time, embeddings, the last hidden states, and logits.</summary>
    /// <param name="rows">Rows of the step.</param>
    /// <param name="logits">Rows that have logits.</param>
    public double StepBytes(int rows, int logits) =>
        (rows * (LayerRowBytes + (3.0 * _config.HiddenSize * sizeof(float)))) + (logits * ((double)_config.VocabSize + _config.HiddenSize) * sizeof(float));

    private static double Pairs(int past, double rows) => (rows * past) + (rows * (rows + 1) / 2);

    /// <summary>The same where a row has at most <paramref name="most"/> keys.</summary>
    private static double Pairs(int past, int rows, double most)
    {
        double all = Math.Clamp(most - past, 0, rows); // rows that still see no more
        return Pairs(past, all) + (all < rows ? (rows - all) * most : 0);
    }

    /// <summary>Columns of keys and values of all query heads together.</summary>
    private static double AttentionColumns(Decoder decoder) => decoder.Config.Attention switch
    {
        MlaConfig mla when mla.Indexer is not null || decoder.LatentForm == LatentAttentionForm.Absorbed => mla.NumAttentionHeads * ((2.0 * mla.KvLoraRank) + mla.QkRopeHeadDim),
        MlaConfig mla => mla.NumAttentionHeads * (mla.QkNopeHeadDim + mla.QkRopeHeadDim + mla.VHeadDim),
        GqaConfig gqa => gqa.NumAttentionHeads * 2.0 * gqa.HeadDim,
        _ => 0,
    };

    private static double LayerRow(ModelConfig config)
    {
        double dense = 3.0 * config.IntermediateSize;
        double wide = config.Moe is { } moe
            ? Math.Max(dense, (moe.Router.TopK * ((3.0 * moe.MoeIntermediateSize) + config.HiddenSize)) + (3.0 * moe.SharedIntermediateSize) + moe.Router.Experts)
            : dense;
        double attention = config.Attention switch
        {
            MlaConfig mla => (mla.NumAttentionHeads * ((3.0 * (mla.KvLoraRank + mla.QkRopeHeadDim)) + (2.0 * mla.QkNopeHeadDim) + mla.VHeadDim)) + Indexed(mla.Indexer),
            GqaConfig gqa => (gqa.NumAttentionHeads + gqa.NumKeyValueHeads) * 2.0 * gqa.HeadDim,
            _ => 0,
        };
        return (6.0 * config.HiddenSize) + attention + wide;

        static double Indexed(IndexerConfig? indexer) => indexer is null ? 0 : ((indexer.IndexNHeads + 3.0) * indexer.IndexHeadDim) + indexer.IndexTopk;
    }

    private double CachedColumns() => _config.Attention switch
    {
        MlaConfig mla => mla.CachedColumns,
        GqaConfig gqa => gqa.NumKeyValueHeads * 2.0 * gqa.HeadDim,
        _ => 0,
    };
}
