using Razum.Tensors;

namespace Razum.Models.Adapters;

/// <summary>
/// New adapters for chosen layers. B is zero, so that a model begins as its base; A is normal with the variance 1 / (3 inputs) of the usual initialisation
/// (uniform within 1 / sqrt(inputs)), from seed and name alone. The layer of multi-token prediction gets none: other programs do not know it.
/// </summary>
/// <param name="inner">The base.</param>
/// <param name="settings">Which layers, and of what size.</param>
/// <param name="seed">Fixes the values.</param>
/// <param name="layers">Blocks of the model, that layer not counted.</param>
internal sealed class NewAdapters(ParameterSource inner, LoraSettings settings, long seed, int layers) : AdaptedParameters(inner)
{
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _kinds = new(StringComparer.Ordinal);

    public override IReadOnlyList<LoraPair?> GetAdapters(string name, int inputs, int outputs)
    {
        if (name.StartsWith($"model.layers.{layers}.", StringComparison.Ordinal))
        {
            return [];
        }

        _kinds.Add(name[(name.LastIndexOf('.') + 1)..]);
        string[] targets = [.. settings.Targets.Where(t => Means(t, name))];
        if (targets.Length == 0)
        {
            return [];
        }

        _found.UnionWith(targets);
        var random = new RandomParameters(seed, (float)(1 / Math.Sqrt(3.0 * inputs)));
        Weight a = random.Get(PeftFolder.NameOfA(name), settings.Rank, inputs);
        return [new LoraPair(name, a, Weight.Create(PeftFolder.NameOfB(name), outputs, settings.Rank), settings.Scale)];
    }

    /// <summary>Once the model is made: a target that means no layer is a mistake.</summary>
    /// <exception cref="InvalidDataException">There is one.</exception>
    public void CheckTargets(string where)
    {
        if (settings.Targets.FirstOrDefault(t => !_found.Contains(t)) is { } missing)
        {
            throw new InvalidDataException($"{where}: the model has no linear layer {missing} to adapt; it has {string.Join(", ", _kinds)}");
        }
    }
}
