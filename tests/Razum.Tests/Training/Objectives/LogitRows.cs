namespace Razum.Tests.Training.Objectives;

/// <summary>Softmax of a row of logits in double: how a gradient by log-probability and entropy becomes one by logits.</summary>
internal static class LogitRows
{
    public static double[] LogSoftmax(ReadOnlySpan<double> logits, double temperature = 1)
    {
        double[] scaled = [.. logits.ToArray().Select(l => l / temperature)];
        double max = scaled.Max();
        double shift = max + Math.Log(scaled.Sum(l => Math.Exp(l - max)));
        return [.. scaled.Select(l => l - shift)];
    }

    public static double Entropy(double[] logProbs) => -logProbs.Sum(p => Math.Exp(p) * p);

    /// <summary>(dlogp (onehot - p) - dentropy p (log p + H)) / temperature</summary>
    public static double[] Gradient(double[] logProbs, int target, double logProbGradient, double entropyGradient = 0, double temperature = 1)
    {
        double entropy = Entropy(logProbs);
        return [.. logProbs.Select((p, i) =>
            ((logProbGradient * ((i == target ? 1 : 0) - Math.Exp(p))) - (entropyGradient * Math.Exp(p) * (p + entropy))) / temperature)];
    }
}
