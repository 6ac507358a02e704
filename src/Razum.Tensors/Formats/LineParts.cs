namespace Razum.Tensors.Formats;

/// <summary>
/// Scales and minima of the parts of 256 values, fitted part by part and then rounded to whole multiples of two common steps (Q2_K, Q4_K, Q5_K).
/// </summary>
internal readonly unsafe ref struct LineParts
{
    private readonly Span<float> _scales;
    private readonly Span<float> _minima;
    private readonly float _maxScale;
    private readonly float _maxMinimum;
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
            (_maxScale, _maxMinimum) = (MathF.Max(_maxScale, scales[part]), MathF.Max(_maxMinimum, minima[part]));
        }
    }

    /// <summary>The step of the scales.</summary>
    internal float Scale => _maxScale / _most;

    /// <summary>The step of the minima.</summary>
    internal float Minimum => _maxMinimum / _most;

    /// <summary>Scale and minimum of a part in steps.</summary>
    internal (int Scale, int Minimum) this[int part] => (Steps(_scales[part], _maxScale), Steps(_minima[part], _maxMinimum));

    private int Steps(float value, float largest) => largest > 0 ? Math.Min(_most, (int)MathF.Round(_most / largest * value)) : 0;
}
