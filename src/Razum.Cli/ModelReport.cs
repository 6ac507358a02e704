using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text;
using Razum.Text.Gguf;

namespace Razum.Cli;

/// <summary>
/// What is in a model folder or GGUF file: architecture, parameters, tensors, tokenizer. Reading it checks that config and tensors fit each other; no weight is computed with.
/// </summary>
internal sealed partial class ModelReport
{
    private ModelReport(string folder, ModelConfig config, IEnumerable<ListedTensor> tensors, ParameterSource source, Tokenizer? tokenizer)
    {
        Folder = folder;
        Config = config;
        Tokenizer = tokenizer;
        Tensors = [.. tensors.OrderBy(t => t.Name, StringComparer.Ordinal)];
        IReadOnlyList<Weight> weights = new Decoder(config, source).Parameters;
        Weight[] main = [.. weights.Where(w => !IsExtra(w))];
        Total = main.Sum(w => w.Count);
        Extra = weights.Sum(w => w.Count) - Total;
        Active = main.Sum(w => w.Count) - IdlePerToken(main.Where(w => RoutedExpert().IsMatch(w.Name)).Sum(w => w.Count));
    }

    public string Folder { get; }

    public ModelConfig Config { get; }

    /// <summary>Null if the folder has no tokenizer.json, or the file none of a known kind.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>Everything in the checkpoint, by name.</summary>
    public IReadOnlyList<ListedTensor> Tensors { get; }

    /// <summary>Parameters of the model without its multi-token prediction.</summary>
    public long Total { get; }

    /// <summary>Those of them that a token meets: all but the experts it is not sent to.</summary>
    public long Active { get; }

    /// <summary>Parameters of the multi-token prediction layer.</summary>
    public long Extra { get; }

    /// <exception cref="InvalidDataException">A file is damaged or missing, or the tensors do not fit the config.</exception>
    public static ModelReport Read(string folder)
    {
        if (GgufModel.IsGguf(folder))
        {
            using var model = new GgufModel(folder);
            ModelConfig read = GgufConfig.Read(model);
            GgufVocabulary? vocabulary = GgufVocabularies.Has(model) ? GgufVocabularies.Read(model) : null;
            Tokenizer? own = vocabulary is { IsSupported: true } ? Tokenizer.FromGguf(vocabulary, folder) : null;
            return new ModelReport(folder, read, model.Tensors.Select(ListedTensor.Of), new GgufParameters(model, read), own);
        }

        ModelConfig config = ModelConfigReader.Read(folder);
        using var checkpoint = new Checkpoint(folder);
        Tokenizer? tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
        return new ModelReport(
            folder, config, checkpoint.Names.Select(name => ListedTensor.Of(checkpoint.Find(name)!)), new CheckpointParameters(checkpoint), tokenizer);
    }

    /// <summary>The properties of the architecture under their published names, in reading order.</summary>
    public IEnumerable<(string Name, string Value)> Architecture()
    {
        yield return ("model_type", Config.ModelType);
        yield return ("num_hidden_layers", Text(Config.NumHiddenLayers));
        yield return ("hidden_size", Text(Config.HiddenSize));
        yield return ("intermediate_size", Text(Config.IntermediateSize));
        yield return ("vocab_size", Text(Config.VocabSize));
        yield return ("max_position_embeddings", Text(Config.MaxPositionEmbeddings));
        yield return ("tie_word_embeddings", Config.TieWordEmbeddings ? "true" : "false");
        yield return ("num_attention_heads", Text(Config.Attention.NumAttentionHeads));
        if (Config.Attention is GqaConfig grouped)
        {
            yield return ("num_key_value_heads", Text(grouped.NumKeyValueHeads));
            yield return ("head_dim", Text(grouped.HeadDim));
            yield return ("sliding_window", grouped.SlidingWindow > 0 ? Text(grouped.SlidingWindow) : "none");
        }
        else if (Config.Attention is MlaConfig latent)
        {
            yield return ("q_lora_rank", latent.QLoraRank is { } rank ? Text(rank) : "none");
            yield return ("kv_lora_rank", Text(latent.KvLoraRank));
            yield return ("qk_nope_head_dim", Text(latent.QkNopeHeadDim));
            yield return ("qk_rope_head_dim", Text(latent.QkRopeHeadDim));
            yield return ("v_head_dim", Text(latent.VHeadDim));
            if (latent.Indexer is { } indexer)
            {
                yield return ("index_n_heads", Text(indexer.IndexNHeads));
                yield return ("index_head_dim", Text(indexer.IndexHeadDim));
                yield return ("index_topk", Text(indexer.IndexTopk));
            }
        }

        yield return ("rope_theta", Config.Rope.Theta.ToString(CultureInfo.InvariantCulture));
        yield return ("rope_scaling", Config.Rope.Scaling?.GetType().Name.ToLowerInvariant() ?? "none");
        if (Config.Moe is { } moe)
        {
            yield return ("layers with experts", Text(moe.Layers.Count(has => has)));
            yield return ("n_routed_experts", Text(moe.Router.Experts));
            yield return ("num_experts_per_tok", Text(moe.Router.TopK));
            yield return ("moe_intermediate_size", Text(moe.MoeIntermediateSize));
            yield return ("shared expert width", Text(moe.SharedIntermediateSize));
        }

        yield return ("num_nextn_predict_layers", Text(Config.NumNextnPredictLayers));
    }

    /// <summary>Everything as one JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("folder", Folder);
        json.WriteStartObject("architecture");
        foreach ((string name, string value) in Architecture())
        {
            json.WritePropertyName(name.Replace(' ', '_'));
            Write(json, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("parameters");
        json.WriteNumber("total", Total);
        json.WriteNumber("active", Active);
        json.WriteNumber("multi_token_prediction", Extra);
        json.WriteEndObject();
        if (Tokenizer is not null)
        {
            json.WriteStartObject("tokenizer");
            json.WriteNumber("vocab_size", Tokenizer.VocabSize);
            json.WriteStartArray("special");
            foreach ((_, string token) in SpecialTokens())
            {
                json.WriteStringValue(token);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteStartArray("tensors");
        foreach (ListedTensor tensor in Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("dtype", tensor.Type);
            json.WriteStartArray("shape");
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Control tokens with their ids; empty without a tokenizer.</summary>
    public IEnumerable<(int Id, string Token)> SpecialTokens() => Tokenizer is null
        ? []
        : Enumerable.Range(0, Tokenizer.VocabSize).Where(Tokenizer.IsSpecial).Select(id => (id, Tokenizer.IdToToken(id) ?? ""));

    private static void Write(Utf8JsonWriter json, string value)
    {
        if (value == "none")
        {
            json.WriteNullValue();
        }
        else if (bool.TryParse(value, out bool flag))
        {
            json.WriteBooleanValue(flag);
        }
        else if (double.TryParse(value, CultureInfo.InvariantCulture, out double number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(value);
        }
    }

    /// <summary>Of E experts a token is sent to k, so the share (E - k) / E of their parameters is idle.</summary>
    private long IdlePerToken(long routed) => Config.Moe is { } moe ? routed / moe.Router.Experts * (moe.Router.Experts - moe.Router.TopK) : 0;

    private bool IsExtra(Weight weight) => weight.Name.StartsWith($"model.layers.{Config.NumHiddenLayers}.", StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\.mlp\.experts\.\d+\.")]
    private static partial Regex RoutedExpert();
}
