namespace Razum.Training.Objectives;

/// <summary>An estimate of KL(pi || pi_ref) at one token, and its derivative by log pi.</summary>
internal readonly record struct KlTerm(double Value, double Slope)
{
    public static KlTerm Of(KlEstimator estimator, double logProb, double oldLogProb, double referenceLogProb)
    {
        double r = referenceLogProb - logProb;
        double k3 = Math.Exp(r) - r - 1;
        switch (estimator)
        {
            case KlEstimator.K1:
                return new KlTerm(-r, 1);
            case KlEstimator.K2:
                return new KlTerm(r * r / 2, -r);
            case KlEstimator.K3:
                return new KlTerm(k3, 1 - Math.Exp(r));
            case KlEstimator.K3Unbiased:
                double w = Math.Exp(logProb - oldLogProb);
                return new KlTerm(w * k3, w * (1 - Math.Exp(r) + k3));
            default:
                return default;
        }
    }
}
