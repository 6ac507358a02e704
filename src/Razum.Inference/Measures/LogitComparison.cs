using Razum.Tensors;

namespace Razum.Inference.Measures;

/// <summary>
/// The distributions of two models over the next token, row by row: KL(reference || model) = sum_v p_v (log p_v - log q_v) in nats, p the softmax of the
/// reference's logits and q that of the model's, and whether both have the same most probable token. Logits of a few rows at a time are kept, in chunks of
/// <see cref="Rows"/>.
/// </summary>
internal sealed class LogitComparison : LogitLoss
{
    /// <summary>Rows that are compared together.</summary>
    public const int Rows = 16;

    private readonly Kept _reference;
    private readonly double[] _divergences = new double[Rows];
    private readonly bool[] _isSameTop = new bool[Rows];
    private Estimate _divergence;
    private Estimate _sameTop;

    /// <param name="vocabulary">V of both models.</param>
    public LogitComparison(int vocabulary) => _reference = new Kept(vocabulary);

    public Estimate Divergence => _divergence;

    public Estimate SameTop => _sameTop;

    /// <summary>Compares what both make of the same rows.</summary>
    /// <param name="model">The model that is judged.</param>
    /// <param name="hidden">Its hidden states. [T, D]</param>
    /// <param name="reference">The other.</param>
    /// <param name="referenceHidden">Hidden states of the same rows. [T, D']</param>
    public void Add(WindowReader model, Tensor hidden, WindowReader reference, Tensor referenceHidden)
    {
        for (int from = 0; from < hidden.Rows; from += Rows)
        {
            int count = Math.Min(Rows, hidden.Rows - from);
            reference.Ops.HeadLoss(referenceHidden.SliceRows(from, count), reference.Head, _reference, rowWeights: []);
            model.Ops.HeadLoss(hidden.SliceRows(from, count), model.Head, this, rowWeights: []);
            for (int i = 0; i < count; i++)
            {
                _divergence.Add(_divergences[i]);
                _sameTop.Add(_isSameTop[i] ? 1 : 0);
            }
        }
    }

    public override double Evaluate(int row, Span<float> logits, bool gradient)
    {
        ReadOnlySpan<float> reference = _reference[row];
        double p = LogSumExp(reference), q = LogSumExp(logits), sum = 0;
        (int top, int other) = (0, 0);
        for (int v = 0; v < logits.Length; v++)
        {
            double logP = reference[v] - p;
            sum += Math.Exp(logP) * (logP - (logits[v] - q));
            top = reference[v] > reference[top] ? v : top;
            other = logits[v] > logits[other] ? v : other;
        }

        _isSameTop[row] = top == other;
        return _divergences[row] = sum;
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = float.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>Copies rows of logits out.</summary>
    private sealed class Kept(int vocabulary) : LogitLoss
    {
        private readonly float[] _logits = new float[Rows * vocabulary];

        public ReadOnlySpan<float> this[int row] => _logits.AsSpan(row * vocabulary, vocabulary);

        public override double Evaluate(int row, Span<float> logits, bool gradient)
        {
            logits.CopyTo(_logits.AsSpan(row * vocabulary));
            return 0;
        }
    }
}
