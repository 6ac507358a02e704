using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Razum.Tensors.Formats.BlockBytes;

namespace Razum.Tensors.Formats;

/// <summary>
/// The search for the line x = scale * q + min through the values of a part, q a level from 0 to <paramref name="Levels"/>: some scales are tried, for each the
/// line that fits best (weighted least squares, no line above 0 at its beginning), and the one of least squared error is kept, as in ggml. Sums run over 8
/// lanes, so that last bits may differ from ggml.
/// </summary>
/// <param name="Levels">The highest level.</param>
/// <param name="First">The first scale to be tried, as levels more or less.</param>
/// <param name="Step">From one scale to the next.</param>
/// <param name="Steps">Scales to be tried after the first.</param>
/// <param name="ByMagnitude">Errors count by |x| alone, and are summed as magnitudes; else by |x| + the root mean square, as squares.</param>
internal readonly unsafe record struct LineSearch(int Levels, float First, float Step, int Steps, bool ByMagnitude)
{
    /// <summary>1.5 * 2^23: adding it leaves the nearest integer in the low bits.</summary>
    private const float Rounding = 12582912f;

    internal static LineSearch TwoBits => new(3, -0.5f, 0.1f, 15, true);

    internal static LineSearch FourBits => new(15, -1, 0.1f, 20, false);

    internal static LineSearch FiveBits => new(31, -0.5f, 0.1f, 15, false);

    /// <summary>What is searched when the importance of columns is known.</summary>
    private LineSearch Fine => this with { First = -0.9f, Step = 0.05f, Steps = 36, ByMagnitude = false };

    /// <summary>A block of 32 values with scale and minimum in F16 (Q4_1, Q5_1): the bytes of ggml when all columns matter alike.</summary>
    internal static void Simple(float* x, Importance importance, int most, byte* block, byte* levels)
    {
        (float min, float max) = (x[0], x[0]);
        for (int i = 1; i < 32; i++)
        {
            (min, max) = (MathF.Min(min, x[i]), MathF.Max(max, x[i]));
        }

        float scale = (max - min) / most;
        if (!importance.IsEmpty)
        {
            float* weights = stackalloc float[32];
            importance.Weigh(x, 32, importance.RowMeanSquare, weights);
            (scale, float negated) = new LineSearch(most, 0, 0, 0, false).Fit(x, weights, 32, true);
            min = -negated;
        }

        PutF16(block, scale);
        PutF16(block + 2, min);
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < 32; i++)
        {
            levels[i] = (byte)Math.Clamp((int)(((x[i] - min) * inverse) + 0.5f), 0, most);
        }
    }

    /// <summary>Weights of errors when all columns matter alike.</summary>
    internal void Weigh(float* x, int count, float* weights)
    {
        float mean = ByMagnitude ? 0 : MathF.Sqrt(Importance.TwiceMeanSquare(x, count) / 2);
        for (int i = 0; i < count; i++)
        {
            weights[i] = mean + MathF.Abs(x[i]);
        }
    }

    /// <summary>Scale and negated minimum of values; <paramref name="count"/> is a multiple of 8.</summary>
    internal (float Scale, float Minimum) Fit(float* x, float* weights, int count, bool fine)
    {
        LineSearch search = fine ? Fine : this;
        (float min, float max) = (0, x[0]);
        for (int i = 0; i < count; i++)
        {
            (min, max) = (MathF.Min(min, x[i]), MathF.Max(max, x[i]));
        }

        if (!(max > min))
        {
            return (0, -min);
        }

        float scale = (max - min) / Levels;
        float error = search.Error(x, weights, count, Levels / (max - min), min, scale, min);
        for (int step = 0; step <= search.Steps; step++)
        {
            float inverse = (Levels + search.First + (search.Step * step)) / (max - min); // from the best minimum so far
            if (search.Line(x, weights, count, inverse, min, out float trial, out float intercept))
            {
                float tried = search.Error(x, weights, count, inverse, min, trial, intercept);
                if (tried < error)
                {
                    (error, scale, min) = (tried, trial, intercept);
                }
            }
        }

        return (scale, -min);
    }

    /// <summary>q of 8 values: (x - min) * inverse, rounded, between 0 and the highest level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Level(Vector256<float> x, float inverse, float min)
    {
        Vector256<float> magic = Vector256.Create(Rounding);
        Vector256<float> rounded = (Vector256.Create(inverse) * (x - Vector256.Create(min))) + magic - magic;
        return Vector256.Min(Vector256.Max(rounded, Vector256<float>.Zero), Vector256.Create((float)Levels));
    }

    /// <summary>The line scale * q + min that fits best for the levels of one inverse scale; min is never above 0. False where it is not determined.</summary>
    private bool Line(float* x, float* weights, int count, float inverse, float min, out float scale, out float intercept)
    {
        Vector256<float> w1 = Vector256<float>.Zero, wx = w1, wl = w1, wll = w1, wlx = w1;
        for (int i = 0; i < count; i += 8)
        {
            Vector256<float> value = Vector256.Load(x + i);
            Vector256<float> weight = Vector256.Load(weights + i);
            Vector256<float> level = Level(value, inverse, min);
            w1 += weight;
            wx += weight * value;
            wl += weight * level;
            wll += weight * level * level;
            wlx += weight * level * value;
        }

        (float sumW, float sumX, float sumL) = (Vector256.Sum(w1), Vector256.Sum(wx), Vector256.Sum(wl));
        (float sumLL, float sumLX) = (Vector256.Sum(wll), Vector256.Sum(wlx));
        float determinant = (sumW * sumLL) - (sumL * sumL);
        scale = ((sumW * sumLX) - (sumX * sumL)) / determinant;
        intercept = ((sumLL * sumX) - (sumL * sumLX)) / determinant;
        if (intercept > 0)
        {
            (scale, intercept) = (sumLX / sumLL, 0);
        }

        return determinant > 0;
    }

    /// <summary>Weighted error of the levels of <paramref name="inverse"/> on the line scale * q + intercept.</summary>
    private float Error(float* x, float* weights, int count, float inverse, float min, float scale, float intercept)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < count; i += 8)
        {
            Vector256<float> value = Vector256.Load(x + i);
            Vector256<float> difference = (Vector256.Create(scale) * Level(value, inverse, min)) + Vector256.Create(intercept) - value;
            sum += Vector256.Load(weights + i) * (ByMagnitude ? Vector256.Abs(difference) : difference * difference);
        }

        return Vector256.Sum(sum);
    }
}
