using Razum.Inference.Sampling;

namespace Razum.Inference.Speculation;

/// <summary>The distribution a draft was drawn from: tokens, ascending, and their probabilities.</summary>
internal sealed class DraftDistribution(int capacity)
{
    private readonly int[] _ids = new int[capacity];
    private readonly double[] _probabilities = new double[capacity];
    private int _count;

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, _count);

    /// <summary>All on one token.</summary>
    public void SetPoint(int token) => (_ids[0], _probabilities[0], _count) = (token, 1, 1);

    /// <summary>That of the candidates.</summary>
    public void Set(Candidates candidates)
    {
        ReadOnlySpan<double> weights = candidates.Weights;
        double total = 0;
        foreach (double weight in weights)
        {
            total += weight;
        }

        _count = weights.Length;
        candidates.Ids.CopyTo(_ids);
        for (int i = 0; i < _count; i++)
        {
            _probabilities[i] = weights[i] / total;
        }
    }
}
