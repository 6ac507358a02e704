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

    /// <summary>A decoder with the adapters of a PEFT folder.</summary>
    /// <param name="config">The model.</param>
    /// <param name="source">Its parameters, which stay as they are.</param>
    /// <param name="folder">The adapter.</param>
    /// <exception cref="InvalidDataException">The adapter is missing, damaged, not supported, or made for another model; one line.</exception>
    public static Decoder Load(ModelConfig config, ParameterSource source, string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidDataException($"{folder}: no such folder; an adapter is a folder as PEFT writes it");
        }

        using var adapters = new PeftAdapters(source, folder, config.NumHiddenLayers);
        var decoder = new Decoder(config, adapters);
        adapters.CheckTensors();
        return decoder;
    }
}
