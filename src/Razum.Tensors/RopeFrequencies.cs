namespace Razum.Tensors;

/// <summary>
/// Angles per position of rotary embedding, in double: base theta^(-2i/dim) for pair i, changed by the scaling (architecture notes 1.3).
/// Knows formulas only; <see cref="RopeTable"/> keeps what they give.
/// </summary>
internal static class RopeFrequencies
{
    /// <summary>Angle per position of every pair. [dim / 2]</summary>
    public static double[] Compute(int dim, double theta, RopeScaling? scaling)
    {
        double[] frequencies = new double[dim / 2];
        if (scaling is RopeScaling.Factors { Values.Count: var count } && count != frequencies.Length)
        {
            throw new ArgumentException($"{count} rotary factors for {frequencies.Length} frequencies", nameof(scaling));
        }

        for (int i = 0; i < frequencies.Length; i++)
        {
            double plain = Math.Pow(theta, -2.0 * i / dim);
            frequencies[i] = scaling switch
            {
                null => plain,
                RopeScaling.Linear linear => plain / linear.Factor,
                RopeScaling.Factors factors => plain / factors.Values[i],
                RopeScaling.Llama3 llama => Llama3(plain, llama),
                RopeScaling.Yarn yarn => Yarn(plain, i, dim, theta, yarn),
                _ => throw new ArgumentException($"Rope scaling {scaling.GetType().Name} is not known.", nameof(scaling)),
            };
        }

        return frequencies;
    }

    /// <summary>Factor on every cosine and sine.</summary>
    public static double AttentionFactor(RopeScaling? scaling)
    {
        if (scaling is not RopeScaling.Yarn yarn)
        {
            return 1;
        }

        if (yarn.AttentionFactor is { } given)
        {
            return given;
        }

        // Either value missing (0): the factor of the paper, m(1).
        return yarn.Mscale != 0 && yarn.MscaleAllDim != 0
            ? Magnitude(yarn.Factor, yarn.Mscale) / Magnitude(yarn.Factor, yarn.MscaleAllDim)
            : Magnitude(yarn.Factor, 1);
    }

    /// <summary>Factor on the scale of attention scores: m(mscale_all_dim)^2 for YaRN, else 1.</summary>
    public static double SoftmaxScaleFactor(RopeScaling? scaling)
    {
        double m = scaling is RopeScaling.Yarn yarn ? Magnitude(yarn.Factor, yarn.MscaleAllDim) : 1;
        return m * m;
    }

    // m(s) = 0.1 s ln(factor) + 1, and 1 where nothing is stretched.
    private static double Magnitude(double factor, double mscale) => factor <= 1 ? 1 : (0.1 * mscale * Math.Log(factor)) + 1;

    private static double Llama3(double plain, RopeScaling.Llama3 scaling)
    {
        double wavelength = 2 * Math.PI / plain;
        if (wavelength > scaling.OriginalMaxPositionEmbeddings / scaling.LowFreqFactor)
        {
            return plain / scaling.Factor;
        }

        if (wavelength < scaling.OriginalMaxPositionEmbeddings / scaling.HighFreqFactor)
        {
            return plain;
        }

        double smooth = ((scaling.OriginalMaxPositionEmbeddings / wavelength) - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return ((1 - smooth) * plain / scaling.Factor) + (smooth * plain);
    }

    private static double Yarn(double plain, int pair, int dim, double theta, RopeScaling.Yarn scaling)
    {
        // The pair that turns `rotations` times within the original context.
        double Correction(double rotations) =>
            dim * Math.Log(scaling.OriginalMaxPositionEmbeddings / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));

        double low = Math.Max(Math.Floor(Correction(scaling.BetaFast)), 0);
        double high = Math.Min(Math.Ceiling(Correction(scaling.BetaSlow)), dim - 1);
        if (low == high)
        {
            high += 0.001;
        }

        double ramp = Math.Clamp((pair - low) / (high - low), 0, 1);
        return (plain / scaling.Factor * ramp) + (plain * (1 - ramp));
    }
}
