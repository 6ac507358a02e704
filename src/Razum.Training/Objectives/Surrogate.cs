namespace Razum.Training.Objectives;

/// <summary>The policy term of one token (or sequence): its value, and its derivatives by the ratio w and by log pi itself.</summary>
internal readonly record struct Surrogate(double Value, double RatioSlope, double LogProbSlope)
{
    public static Surrogate Of(PolicySettings settings, double w, double advantage, double logProb)
    {
        switch (settings.Kind)
        {
            case PolicyKind.Clip:
                return Clip(settings, w, advantage);
            case PolicyKind.Cispo:
                double weight = Math.Min(w, settings.Cap);
                return new Surrogate(-weight * advantage * logProb, 0, -weight * advantage);
            case PolicyKind.Reinforce:
                return new Surrogate(-advantage * logProb, 0, -advantage);
            default:
                throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "has no term of one token");
        }
    }

    /// <summary>
    /// -min(min(w, delta) A, clamp(w, 1 - eps_low, 1 + eps_high) A). The bounds are 1 - eps and 1 + eps: eps 10 means -9 and 11. delta (INTELLECT-2) bounds
    /// what a negative advantage can do, where the minimum leaves w free.
    /// </summary>
    private static Surrogate Clip(PolicySettings settings, double w, double advantage)
    {
        (double low, double high) = (1 - settings.EpsLow, 1 + settings.EpsHigh);
        double free = Math.Min(w, settings.Delta) * advantage;
        double clipped = Math.Clamp(w, low, high) * advantage;
        double freeSlope = w <= settings.Delta ? -advantage : 0;
        double clippedSlope = w >= low && w <= high ? -advantage : 0;

        // Equal branches are the same function of w here, but where one bends: half of each is a subgradient.
        double slope = free < clipped ? freeSlope : free > clipped ? clippedSlope : (freeSlope + clippedSlope) / 2;
        return new Surrogate(-Math.Min(free, clipped), slope, 0);
    }
}
