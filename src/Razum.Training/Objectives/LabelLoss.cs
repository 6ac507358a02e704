using Razum.Tensors;

namespace Razum.Training.Objectives;

/// <summary>
/// Cross-entropy with what a plain one has not:
/// <code>(1 - smoothing) ce + smoothing mean_v(-log p_v) + z logsumexp(logits)^2</code>
/// Smoothing spreads a share of the label over the whole vocabulary (arXiv 1512.00567); the z term keeps logits from drifting (PaLM, arXiv 2204.02311).
/// </summary>
/// <param name="targets">Target of each row.</param>
/// <param name="smoothing">Share of the label.</param>
/// <param name="z">Factor of the squared log-sum.</param>
public sealed class LabelLoss(ReadOnlyMemory<int> targets, double smoothing = 0, double z = 0) : LogitLoss
{
    public override double Evaluate(int row, Span<float> logits, bool gradient)
    {
        int target = targets.Span[row];
        var p = new Softmax(logits);
        double mean = 0;
        for (int v = 0; smoothing != 0 && v < p.Count; v++)
        {
            mean += p[v] / p.Count;
        }

        double loss = -((1 - smoothing) * p[target]) - (smoothing * mean) + (z * p.LogSumExp * p.LogSumExp);
        if (gradient)
        {
            double ofSoftmax = 1 + (2 * z * p.LogSumExp); // d logsumexp = softmax
            for (int v = 0; v < p.Count; v++)
            {
                logits[v] = (float)((ofSoftmax * Math.Exp(p[v])) - (smoothing / p.Count) - (v == target ? 1 - smoothing : 0));
            }
        }

        return loss;
    }
}
