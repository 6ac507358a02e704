using Razum.Tensors;

namespace Razum.Training.Objectives;

/// <summary>
/// A student learns a teacher's whole distribution at every row; the forms are those of <see cref="DistillationKind"/>. With s = logits / T and q = softmax(s):
/// <code>
/// forward, top-k: d KL / ds = q - p        reverse: d KL / ds = q (log q - log p - KL)        JSD: (1 - b) q (log q - log m - KL(q || m))
/// </code>
/// and d/dlogits = d/ds / T.
/// </summary>
public sealed class DistillationLoss : LogitLoss
{
    /// <summary>The most logits that a stored teacher may keep.</summary>
    internal const int MostKept = 1024;

    private readonly DistillationSettings _settings;
    private readonly Tensor _teacher;
    private readonly ReadOnlyMemory<int> _targets;

    /// <param name="settings">Form and constants.</param>
    /// <param name="teacher">Logits of the teacher for each row, [T, V].</param>
    /// <param name="targets">Target of each row; only <see cref="DistillationKind.Mixed"/> reads them.</param>
    public DistillationLoss(DistillationSettings settings, Tensor teacher, ReadOnlyMemory<int> targets = default)
    {
        (_settings, _teacher, _targets) = (settings, teacher, targets);
        Require(settings.Temperature > 0, "temperature", settings.Temperature);
        Require(settings.Kind != DistillationKind.Jsd || settings.Jsd is > 0 and < 1, "share of the mixture", settings.Jsd);
        Require(settings.Kind != DistillationKind.TopK || (settings.K is > 0 and <= MostKept && settings.K <= teacher.Columns), "number of kept logits", settings.K);
        Require(settings.Kind != DistillationKind.Mixed || targets.Length == teacher.Rows, "number of targets", targets.Length);
    }

    public override double Evaluate(int row, Span<float> logits, bool gradient)
    {
        if (logits.Length != _teacher.Columns)
        {
            throw new InvalidOperationException($"the student has {logits.Length} tokens, the teacher {_teacher.Columns}");
        }

        double temperature = _settings.Temperature;
        var p = new Softmax(_teacher[row], temperature);
        var q = new Softmax(logits, temperature);
        return _settings.Kind switch
        {
            DistillationKind.Forward => Forward(p, q, logits, gradient),
            DistillationKind.Reverse => Reverse(p, q, logits, gradient),
            DistillationKind.Jsd => JensenShannon(p, q, logits, gradient),
            DistillationKind.TopK => TopK(_teacher[row], q, logits, gradient),
            _ => Mixed(p, q, _targets.Span[row], logits, gradient),
        };
    }

    private double Forward(Softmax p, Softmax q, Span<float> logits, bool gradient)
    {
        double temperature = _settings.Temperature;
        double kl = 0;
        for (int v = 0; v < q.Count; v++)
        {
            kl += Term(p[v], q[v]);
        }

        for (int v = 0; gradient && v < q.Count; v++)
        {
            logits[v] = (float)(temperature * (Math.Exp(q[v]) - Math.Exp(p[v]))); // T^2 / T
        }

        return temperature * temperature * kl;
    }

    private double Reverse(Softmax p, Softmax q, Span<float> logits, bool gradient)
    {
        double temperature = _settings.Temperature;
        double kl = 0;
        for (int v = 0; v < q.Count; v++)
        {
            kl += Term(q[v], p[v]);
        }

        for (int v = 0; gradient && v < q.Count; v++)
        {
            logits[v] = (float)(temperature * (Term(q[v], p[v]) - (Math.Exp(q[v]) * kl)));
        }

        return temperature * temperature * kl;
    }

    private double JensenShannon(Softmax p, Softmax q, Span<float> logits, bool gradient)
    {
        double b = _settings.Jsd;
        (double ofTeacher, double ofStudent) = (0, 0);
        for (int v = 0; v < q.Count; v++)
        {
            double m = LogMixture(p[v], q[v], b);
            ofTeacher += Term(p[v], m);
            ofStudent += Term(q[v], m);
        }

        for (int v = 0; gradient && v < q.Count; v++)
        {
            double slope = Term(q[v], LogMixture(p[v], q[v], b)) - (Math.Exp(q[v]) * ofStudent);
            logits[v] = (float)((1 - b) * slope / _settings.Temperature);
        }

        return (b * ofTeacher) + ((1 - b) * ofStudent);
    }

    private double TopK(ReadOnlySpan<float> teacher, Softmax q, Span<float> logits, bool gradient)
    {
        double temperature = _settings.Temperature;
        Span<int> kept = stackalloc int[_settings.K];
        Span<float> values = stackalloc float[_settings.K];
        Largest(teacher, kept, values);
        var p = new Softmax(values, temperature);
        double kl = 0;
        for (int i = 0; i < kept.Length; i++)
        {
            kl += Term(p[i], q[kept[i]]);
        }

        if (gradient)
        {
            for (int v = 0; v < q.Count; v++)
            {
                logits[v] = (float)(temperature * Math.Exp(q[v]));
            }

            for (int i = 0; i < kept.Length; i++)
            {
                logits[kept[i]] -= (float)(temperature * Math.Exp(p[i]));
            }
        }

        return temperature * temperature * kl;
    }

    private double Mixed(Softmax p, Softmax q, int target, Span<float> logits, bool gradient)
    {
        (double alpha, double temperature) = (_settings.Alpha, _settings.Temperature);
        var plain = new Softmax(logits);
        double loss = (alpha * Forward(p, q, logits, gradient: false)) - ((1 - alpha) * plain[target]);
        for (int v = 0; gradient && v < q.Count; v++)
        {
            double ofTeacher = temperature * (Math.Exp(q[v]) - Math.Exp(p[v]));
            double ofLabel = Math.Exp(plain[v]) - (v == target ? 1 : 0);
            logits[v] = (float)((alpha * ofTeacher) + ((1 - alpha) * ofLabel));
        }

        return loss;
    }

    /// <summary>a (log a - log b), 0 where a is 0.</summary>
    private static double Term(double logA, double logB)
    {
        double a = Math.Exp(logA);
        return a == 0 ? 0 : a * (logA - logB);
    }

    /// <summary>log(b p + (1 - b) q)</summary>
    private static double LogMixture(double logP, double logQ, double b)
    {
        (double x, double y) = (logP + Math.Log(b), logQ + Math.Log(1 - b));
        double max = Math.Max(x, y);
        return max + Math.Log(Math.Exp(x - max) + Math.Exp(y - max));
    }

    /// <summary>The largest logits in descending order; of equal ones the lower id first.</summary>
    private static void Largest(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values)
    {
        int count = 0;
        for (int v = 0; v < logits.Length; v++)
        {
            int at = count;
            while (at > 0 && logits[v] > values[at - 1])
            {
                at--;
            }

            if (at == ids.Length)
            {
                continue;
            }

            count = Math.Min(count + 1, ids.Length);
            values[at..(count - 1)].CopyTo(values[(at + 1)..]);
            ids[at..(count - 1)].CopyTo(ids[(at + 1)..]);
            (values[at], ids[at]) = (logits[v], v);
        }
    }

    private static void Require(bool holds, string what, double value)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{what} of {value}"));
        }
    }
}
