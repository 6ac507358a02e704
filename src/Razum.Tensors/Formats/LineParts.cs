namespace Razum.Tensors.Formats;

/// <summary>
/// Scales and minima of the parts of 256 values, fitted part by part and then rounded to whole multiples of two common steps (Q2_K, Q4_K, Q5_K).
/// </summary>
internal readonly unsafe ref struct LineParts
{
    private readonly Span<float> _scales;
    private readonly Span<float> _minima;
    private readonly int _most;

    /// <param name="source">256 values.</param>
    /// <param name="importance">How much they matter.</param>
    /// <param name="scales">Memory for one number a part.</param>
    /// <param name="minima">The same.</param>
    /// <param name="search">How a part is fitted.</param>
    /// <param name="size">Values of a part.</param>
    /// <param name="most">Largest whole multiple.</param>
    internal LineParts(float* source, Importance importance, Span<float> scales, Span<float> minima, LineSearch search, int size, int most)
    {
        _scales = scales;
        _minima = minima;
        _most = most;
        float* weights = stackalloc float[size];
        float* sums = stackalloc float[scales.Length];
        float square = importance.IsEmpty ? 0 : Importance.TwiceMeanSquare(source, 256);
        for (int part = 0; part < scales.Length; part++)
        {
            float* x = source + (size * part);
            if (importance.IsEmpty)
            {
                search.Weigh(x, size, weights);
            }
            else
            {
                importance.From(size * part).Weigh(x, size, square, weights);
            }

            (scales[part], minima[part]) = search.Fit(x, weights, size, !importance.IsEmpty);
            sums[part] = Importance.Sum(weights, size);
        }

        (Scale, Minimum) = (Step(scales, sums, !importance.IsEmpty), Step(minima, sums, !importance.IsEmpty));
    }

    /// <summary>The step of the scales.</summary>
    internal float Scale { get; }

    /// <summary>The step of the minima.</summary>
    internal float Minimum { get; }

    /// <summary>Scale and minimum of a part in steps.</summary>
    internal (int Scale, int Minimum) this[int part] => (Steps(_scales[part], Scale), Steps(_minima[part], Minimum));

    private int Steps(float value, float step) => step > 0 ? Math.Clamp((int)MathF.Round(value / step), 0, _most) : 0;

    /// <summary>
    /// The step that makes the largest value <see cref="_most"/> steps; with weights the one of those near it, and larger ones, that leaves the least weighted error.
    /// </summary>
    private float Step(ReadOnlySpan<float> values, float* weights, bool fit)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, value);
        }

        float step = largest / _most;
        float least = fit && largest > 0 ? Error(values, weights, step) : 0;
        for (int trial = -4; fit && largest > 0 && trial <= 60; trial++)
        {
            float tried = largest / (_most + (0.1f * trial * _most / 15));
            (float wx, float ww) = (0, 0);
            for (int i = 0; i < values.Length; i++)
            {
                int level = Steps(values[i], tried);
                wx += weights[i] * level * values[i];
                ww += weights[i] * level * level;
            }

            float best = ww > 0 ? wx / ww : tried;
            float error = Error(values, weights, best);
            (least, step) = error < least ? (error, best) : (least, step);
        }

        return step;
    }

    private float Error(ReadOnlySpan<float> values, float* weights, float step)
    {
        float sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float difference = values[i] - (step * Steps(values[i], step));
            sum += weights[i] * difference * difference;
        }

        return sum;
    }
}
