namespace Razum.Tensors.SelfTest;

/// <summary>A simple loss of whole rows: log sum exp(l) - 0.9 l[target] - 0.1 mean(l), the cross-entropy with smoothed labels.</summary>
internal sealed class SmoothedTarget(int[] targets) : LogitLoss
{
    private const double Smoothing = 0.1;

    public override double Evaluate(int row, Span<float> logits, bool gradient)
    {
        (double max, double sum, double mean) = (double.NegativeInfinity, 0, 0);
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
            mean += logit / (double)logits.Length;
        }

        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        double shift = max + Math.Log(sum);
        double value = shift - ((1 - Smoothing) * logits[targets[row]]) - (Smoothing * mean);
        for (int v = 0; gradient && v < logits.Length; v++)
        {
            logits[v] = (float)(Math.Exp(logits[v] - shift) - (v == targets[row] ? 1 - Smoothing : 0) - (Smoothing / logits.Length));
        }

        return value;
    }
}
