namespace Razum.Inference.Sampling;

/// <summary>Keeps tokens with p_i >= p * p_max. The best token has weight 1, so a weight is p_i / p_max already.</summary>
internal static class MinP
{
    public static void Apply(Candidates candidates, double p)
    {
        if (p > 0)
        {
            candidates.KeepHeavy(p);
        }
    }
}
