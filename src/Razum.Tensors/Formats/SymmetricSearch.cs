namespace Razum.Tensors.Formats;

/// <summary>
/// The search for the scale of values x = scale * q with whole q from -n to n - 1. The error that is left by the best scale for given levels is
/// sum w x^2 - (sum w x q)^2 / sum w q^2, so of all levels tried those with the largest quotient are kept.
/// </summary>
internal static unsafe class SymmetricSearch
{
    /// <summary>Below this all values are zeros.</summary>
    private const float Smallest = 1e-15f;

    private const int Trials = 9;

    /// <summary>The first value of largest magnitude, with its sign.</summary>
    internal static float Extreme(float* x, int count)
    {
        float extreme = 0;
        for (int i = 0; i < count; i++)
        {
            extreme = MathF.Abs(x[i]) > MathF.Abs(extreme) ? x[i] : extreme;
        }

        return extreme;
    }

    /// <summary>Weights x^2: what counts is the relative error.</summary>
    internal static void Squares(float* x, int count, float* weights)
    {
        for (int i = 0; i < count; i++)
        {
            weights[i] = x[i] * x[i];
        }
    }

    /// <summary>The best of the scales that put the extreme value at -n, or up to 0.9 levels beside it.</summary>
    internal static float Fit(float* x, float* weights, int count, int n)
    {
        float extreme = Extreme(x, count);
        if (MathF.Abs(extreme) < Smallest)
        {
            return 0;
        }

        (float scale, float best) = (0, 0);
        for (int trial = 0; trial <= 2 * Trials; trial++)
        {
            // The plain scale first: of equals the first is kept.
            float shift = 0.1f * ((trial + 1) / 2) * (trial % 2 == 0 ? 1 : -1);
            float inverse = -(n + shift) / extreme;
            (float lx, float ll) = (0, 0);
            for (int i = 0; i < count; i++)
            {
                float level = Math.Clamp(MathF.Round(inverse * x[i]), -n, n - 1);
                lx += weights[i] * x[i] * level;
                ll += weights[i] * level * level;
            }

            if (ll > 0 && (trial == 0 || lx * lx > best * ll))
            {
                (scale, best) = (lx / ll, lx * lx / ll);
            }
        }

        return scale;
    }

    /// <summary>The same for few levels, which are then moved one by one as long as the quotient grows.</summary>
    internal static float Refine(float* x, float* weights, int count, int n)
    {
        float scale = Fit(x, weights, count, n);
        if (scale == 0)
        {
            return 0;
        }

        float* levels = stackalloc float[count];
        (float lx, float ll) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            levels[i] = Math.Clamp(MathF.Round(x[i] / scale), -n, n - 1);
            lx += weights[i] * x[i] * levels[i];
            ll += weights[i] * levels[i] * levels[i];
        }

        bool moved = true;
        for (int round = 0; moved && round < 5; round++)
        {
            moved = false;
            for (int i = 0; i < count; i++)
            {
                float restX = lx - (weights[i] * x[i] * levels[i]), restL = ll - (weights[i] * levels[i] * levels[i]);
                if (restX <= 0 || restL <= 0)
                {
                    continue;
                }

                float level = Math.Clamp(MathF.Round(x[i] * restL / restX), -n, n - 1);
                float newX = restX + (weights[i] * x[i] * level), newL = restL + (weights[i] * level * level);
                if (level != levels[i] && newX > 0 && newX * newX * ll > lx * lx * newL)
                {
                    (levels[i], lx, ll, moved) = (level, newX, newL, true);
                }
            }
        }

        return lx / ll;
    }
}
