namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>A pickled dictionary: its items in the order in which they were set. Keys that are numbers are kept as text, as names of tensors need them.</summary>
internal sealed class PickleMap
{
    /// <summary>Whether it is an OrderedDict, which may carry attributes.</summary>
    public bool IsOrdered { get; init; }

    public List<(string Key, object? Value)> Items { get; } = [];
}
