namespace Razum.Tensors.Formats;

/// <summary>The search for the scale of 32 values on the levels of <see cref="Codebooks.Iq4"/>; the quotient kept largest is that of <see cref="SymmetricSearch"/>.</summary>
internal static unsafe class CodebookSearch
{
    private const int Trials = 7;

    /// <summary>The best of the scales that put the extreme value at the lowest level, or up to 7 beside it.</summary>
    internal static float Fit(float* x, float* weights)
    {
        float extreme = SymmetricSearch.Extreme(x, 32);
        if (MathF.Abs(extreme) < 1e-15f)
        {
            return 0;
        }

        ReadOnlySpan<sbyte> levels = Codebooks.Iq4;
        (float scale, float best) = (0, 0);
        for (int trial = -Trials - 1; trial <= Trials; trial++)
        {
            // The first puts it at the lowest level with the other sign.
            float inverse = (trial < -Trials ? -levels[0] : levels[0] + trial) / extreme;
            (float lx, float ll) = (0, 0);
            for (int i = 0; i < 32; i++)
            {
                float level = levels[Nearest(x[i] * inverse)];
                lx += weights[i] * level * x[i];
                ll += weights[i] * level * level;
            }

            if (ll > 0 && lx * lx > best * ll)
            {
                (scale, best) = (lx / ll, lx * lx / ll);
            }
        }

        return scale;
    }

    /// <summary>The code of the level nearest to a value.</summary>
    internal static int Nearest(float value)
    {
        ReadOnlySpan<sbyte> levels = Codebooks.Iq4;
        int code = 0;
        while (code < 15 && value > (levels[code] + levels[code + 1]) * 0.5f)
        {
            code++;
        }

        return code;
    }
}
