namespace Razum.Models.Adapters;

/// <summary>Makes decoders with adapters beside their linear layers.</summary>
public static class AdaptedDecoder
{
    /// <summary>A decoder with new adapters, which change nothing yet.</summary>
    /// <param name="config">The model.</param>
    /// <param name="source">Its parameters, which stay as they are.</param>
    /// <param name="settings">Which layers get adapters, and of what size.</param>
    /// <param name="seed">Fixes the values.</param>
    /// <param name="where">Begins the message when a target means no layer.</param>
    /// <exception cref="InvalidDataException">A parameter is missing, or a target means no layer.</exception>
    public static Decoder Create(ModelConfig config, ParameterSource source, LoraSettings settings, long seed, string where)
    {
        var adapters = new NewAdapters(source, settings, seed, config.NumHiddenLayers);
        var decoder = new Decoder(config, adapters);
        adapters.CheckTargets(where);
        return decoder;
    }

    /// <summary>A decoder with one adapter, which all rows have.</summary>
    /// <param name="config">The model.</param>
    /// <param name="source">Its parameters, which stay as they are.</param>
    /// <param name="path">The adapter: a folder as PEFT writes it, or a GGUF file.</param>
    /// <exception cref="InvalidDataException">The adapter is missing, damaged, not supported, or made for another model; one line.</exception>
    public static Decoder Load(ModelConfig config, ParameterSource source, string path) => Load(config, source, [new NamedAdapter("", path)]);

    /// <summary>A decoder with adapters among which rows choose by number, in this order.</summary>
    /// <param name="config">The model.</param>
    /// <param name="source">Its parameters, which stay as they are.</param>
    /// <param name="adapters">The adapters.</param>
    /// <exception cref="ArgumentException">Of several adapters one has no name of its own.</exception>
    /// <exception cref="InvalidDataException">An adapter is missing, damaged, not supported, or made for another model; one line.</exception>
    public static Decoder Load(ModelConfig config, ParameterSource source, IReadOnlyList<NamedAdapter> adapters)
    {
        using var loaded = new LoadedAdapters(source, adapters, config);
        var decoder = new Decoder(config, loaded);
        loaded.CheckTensors();
        return decoder;
    }
}
