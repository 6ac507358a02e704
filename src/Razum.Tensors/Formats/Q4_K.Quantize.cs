using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>
/// The search of ggml's <c>make_qkx2_quants</c>: per part 21 scales are tried, for each the line x = scale * q + min that fits best (weighted least
/// squares, large values count more), and the one of least squared error is kept. Sums run over 8 lanes, so that last bits may differ from ggml.
/// </summary>
internal readonly unsafe partial struct Q4_K
{
    private const int Vectors = 4; // of 8 values, in a part

    /// <summary>1.5 * 2^23: adding it leaves the nearest integer in the low bits.</summary>
    private const float Rounding = 12582912f;

    public static void Quantize(float* source, byte* block)
    {
        float* scales = stackalloc float[Parts];
        float* minima = stackalloc float[Parts];
        (float maxScale, float maxMinimum) = (0, 0);
        for (int part = 0; part < Parts; part++)
        {
            (scales[part], minima[part]) = Fit(source + (32 * part));
            (maxScale, maxMinimum) = (MathF.Max(maxScale, scales[part]), MathF.Max(maxMinimum, minima[part]));
        }

        new Span<byte>(block, Bytes).Clear();
        Half d = (Half)(maxScale / 63);
        Half dmin = (Half)(maxMinimum / 63);
        Unsafe.WriteUnaligned(block, d);
        Unsafe.WriteUnaligned(block + 2, dmin);
        for (int part = 0; part < Parts; part++)
        {
            int scale = Six(maxScale > 0 ? 63 / maxScale * scales[part] : 0);
            int minimum = Six(maxMinimum > 0 ? 63 / maxMinimum * minima[part] : 0);
            WriteScales(block + 4, part, scale, minimum);
            if ((float)d * scale != 0)
            {
                WriteWeights(block, part, source + (32 * part), (float)d * scale, (float)dmin * minimum);
            }
        }
    }

    private static int Six(float value) => Math.Min(63, (int)MathF.Round(value));

    private static void WriteScales(byte* packed, int part, int scale, int minimum)
    {
        if (part < 4)
        {
            packed[part] = (byte)scale;
            packed[part + 4] = (byte)minimum;
        }
        else
        {
            packed[part + 4] = (byte)((scale & 15) | ((minimum & 15) << 4));
            packed[part - 4] |= (byte)(scale >> 4 << 6);
            packed[part] |= (byte)(minimum >> 4 << 6);
        }
    }

    private static void WriteWeights(byte* block, int part, float* x, float scale, float minimum)
    {
        for (int i = 0; i < 32; i++)
        {
            int q = (int)Math.Clamp(MathF.Round((x[i] + minimum) / scale), 0, 15);
            block[16 + (part / 2 * 32) + i] |= (byte)(q << (part % 2 * 4));
        }
    }

    /// <summary>Scale and negated minimum of 32 values.</summary>
    private static (float Scale, float Minimum) Fit(float* x)
    {
        Vector256<float> low = Vector256.Load(x), high = low, squares = Vector256<float>.Zero;
        for (int i = 0; i < Vectors; i++)
        {
            Vector256<float> value = Vector256.Load(x + (8 * i));
            low = Vector256.Min(low, value);
            high = Vector256.Max(high, value);
            squares += value * value;
        }

        float min = Least(low);
        float max = -Least(-high);
        min = MathF.Min(min, 0);
        if (!(max > min))
        {
            return (0, -min);
        }

        Vector256<float> mean = Vector256.Create(MathF.Sqrt(Vector256.Sum(squares) / 32));
        float scale = (max - min) / 15;
        float error = Error(x, mean, Vector256.Create(15 / (max - min)), Vector256.Create(min), scale, min);
        for (int step = 0; step <= 20; step++)
        {
            float inverse = (14 + (0.1f * step)) / (max - min); // from the best minimum so far
            if (Line(x, mean, inverse, min, out float trial, out float intercept))
            {
                float tried = Error(x, mean, Vector256.Create(inverse), Vector256.Create(min), trial, intercept);
                if (tried < error)
                {
                    (error, scale, min) = (tried, trial, intercept);
                }
            }
        }

        return (scale, -min);
    }

    private static float Least(Vector256<float> a)
    {
        float least = a[0];
        for (int i = 1; i < 8; i++)
        {
            least = MathF.Min(least, a[i]);
        }

        return least;
    }

    /// <summary>q of 8 values: (x - min) * inverse, rounded, between 0 and 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Levels(Vector256<float> x, Vector256<float> inverse, Vector256<float> min)
    {
        Vector256<float> magic = Vector256.Create(Rounding);
        Vector256<float> rounded = (inverse * (x - min)) + magic - magic;
        return Vector256.Min(Vector256.Max(rounded, Vector256<float>.Zero), Vector256.Create(15f));
    }

    /// <summary>The line scale * q + min that fits best for the levels of one inverse scale; min is never above 0. False where it is not determined.</summary>
    private static bool Line(float* x, Vector256<float> mean, float inverse, float min, out float scale, out float intercept)
    {
        Vector256<float> w1 = Vector256<float>.Zero, wx = w1, wl = w1, wll = w1, wlx = w1;
        for (int i = 0; i < Vectors; i++)
        {
            Vector256<float> value = Vector256.Load(x + (8 * i));
            Vector256<float> weight = mean + Vector256.Abs(value);
            Vector256<float> level = Levels(value, Vector256.Create(inverse), Vector256.Create(min));
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

    /// <summary>Weighted squared error of the levels of <paramref name="inverse"/> on the line scale * q + intercept.</summary>
    private static float Error(float* x, Vector256<float> mean, Vector256<float> inverse, Vector256<float> min, float scale, float intercept)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < Vectors; i++)
        {
            Vector256<float> value = Vector256.Load(x + (8 * i));
            Vector256<float> difference = (Vector256.Create(scale) * Levels(value, inverse, min)) + Vector256.Create(intercept) - value;
            sum += (mean + Vector256.Abs(value)) * difference * difference;
        }

        return Vector256.Sum(sum);
    }
}
