namespace Razum.Inference.Sampling;

/// <summary>Adds a number to the logits of some tokens: x[id] = x[id] + bias.</summary>
internal sealed class LogitBias
{
    private readonly int[] _ids;
    private readonly double[] _values;

    public LogitBias(IReadOnlyDictionary<int, double> biases)
    {
        _ids = [.. biases.Keys];
        _values = [.. biases.Values];
    }

    public void Apply(Span<double> logits)
    {
        for (int i = 0; i < _ids.Length; i++)
        {
            logits[_ids[i]] += _values[i];
        }
    }
}
