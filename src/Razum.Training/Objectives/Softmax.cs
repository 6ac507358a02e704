namespace Razum.Training.Objectives;

/// <summary>log softmax(logits / temperature) of one row, a value at a time, in double: whatever the size of the logits.</summary>
internal readonly ref struct Softmax
{
    private readonly ReadOnlySpan<float> _logits;
    private readonly double _temperature;

    public Softmax(ReadOnlySpan<float> logits, double temperature = 1)
    {
        _logits = logits;
        _temperature = temperature;
        double max = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit / temperature);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp((logit / temperature) - max);
        }

        LogSumExp = max + Math.Log(sum);
    }

    public double LogSumExp { get; }

    public int Count => _logits.Length;

    /// <summary>log p of entry <paramref name="index"/>.</summary>
    public double this[int index] => (_logits[index] / _temperature) - LogSumExp;
}
