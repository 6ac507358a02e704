namespace Razum.Models;

/// <summary>
/// The experts that the rows of a batch go to in every layer that has some: those recorded when the tokens were sampled, so that training updates the experts
/// that wrote the answer though the router has moved since (DeepSeek-V3.2's "Keep Routing", arXiv 2512.02556; routing replay, arXiv 2507.18071 and 2510.11370).
/// The layer of multi-token prediction is not recorded.
/// </summary>
/// <param name="moe">Of the model that is run.</param>
public sealed class RoutedExperts(MoeConfig moe)
{
    private readonly int _topK = moe.Router.TopK;
    private readonly int[][] _ids = [.. Enumerable.Range(0, moe.RoutedLayers).Select(_ => new int[64 * moe.Router.TopK])]; // each [T, K]

    /// <summary>T.</summary>
    public int Rows { get; private set; }

    /// <summary>Layers that have experts, in their order.</summary>
    public int Layers => _ids.Length;

    /// <summary>Experts of all rows in a layer, ascending within a row. [T, K]; empty for a layer that is not recorded.</summary>
    public ReadOnlySpan<int> this[int layer] => layer < Layers ? _ids[layer].AsSpan(0, Rows * _topK) : default;

    /// <summary>Adds rows: for each the K experts of every layer, layer after layer. [rows, layers * K]</summary>
    public void Add(ReadOnlySpan<ushort> recorded)
    {
        int width = Layers * _topK, rows = recorded.Length / width;
        if (recorded.Length != rows * width)
        {
            throw new ArgumentException($"{recorded.Length} experts are no whole rows of {width}", nameof(recorded));
        }

        for (int layer = 0; layer < Layers; layer++)
        {
            int needed = (Rows + rows) * _topK;
            if (_ids[layer].Length < needed)
            {
                Array.Resize(ref _ids[layer], Math.Max(needed, 2 * _ids[layer].Length));
            }

            for (int i = 0; i < rows * _topK; i++)
            {
                _ids[layer][(Rows * _topK) + i] = recorded[(i / _topK * width) + (layer * _topK) + (i % _topK)];
            }
        }

        Rows += rows;
    }

    /// <summary>Removes all rows.</summary>
    public void Clear() => Rows = 0;
}
