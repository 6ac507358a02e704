namespace Razum.Tensors;

/// <summary>
/// Cosines and sines of rotary embedding for positions 0, 1, 2, ...: angles in double, values in F32 with the attention factor multiplied in.
/// Rows are made when a position is first asked for; their bits do not depend on when.
/// </summary>
public sealed class RopeTable
{
    private const int SmallestGrowth = 256;

    private readonly double[] _frequencies;
    private readonly double _attentionFactor;
    private readonly Lock _growth = new();
    private RopeTable? _other;

    // A row: dim / 2 cosines, then dim / 2 sines. Pinned; replaced, never changed in place, once rows are in it.
    private volatile float[] _rows = [];

    /// <param name="dim">Columns rotated in a head; even.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="layout">Which columns form a pair.</param>
    /// <param name="scaling">Long-context scaling; null for none.</param>
    /// <exception cref="ArgumentException">dim is odd or not positive, or theta is not above 1.</exception>
    public RopeTable(int dim, double theta, RopeLayout layout, RopeScaling? scaling = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dim);
        if (dim % 2 != 0)
        {
            throw new ArgumentException($"Rotary dimension {dim} is odd.", nameof(dim));
        }

        if (!(theta > 1))
        {
            throw new ArgumentOutOfRangeException(nameof(theta), theta, "The base of rotary frequencies must be above 1.");
        }

        Dim = dim;
        Layout = layout;
        _frequencies = RopeFrequencies.Compute(dim, theta, scaling);
        _attentionFactor = RopeFrequencies.AttentionFactor(scaling);
        SoftmaxScaleFactor = RopeFrequencies.SoftmaxScaleFactor(scaling);
    }

    private RopeTable(RopeTable angles, RopeLayout layout)
    {
        (Dim, Layout, SoftmaxScaleFactor) = (angles.Dim, layout, angles.SoftmaxScaleFactor);
        (_frequencies, _attentionFactor) = (angles._frequencies, angles._attentionFactor);
    }

    /// <summary>Columns rotated in a head.</summary>
    public int Dim { get; }

    /// <summary>Which columns form a pair.</summary>
    public RopeLayout Layout { get; }

    /// <summary>What the attention scale is multiplied by when this table is in use; 1 unless YaRN says otherwise.</summary>
    public double SoftmaxScaleFactor { get; }

    /// <summary>Angle per position of every pair. [Dim / 2]</summary>
    internal ReadOnlySpan<double> Frequencies => _frequencies;

    /// <summary>Factor on every cosine and sine.</summary>
    internal double AttentionFactor => _attentionFactor;

    /// <summary>The same angles for pairs of another layout: one table for all who ask.</summary>
    public RopeTable With(RopeLayout layout)
    {
        lock (_growth)
        {
            return layout == Layout ? this : _other ??= new RopeTable(this, layout);
        }
    }

    /// <summary>
    /// Rows of at least <paramref name="positions"/> positions, pinned for as long as the array is referenced:
    /// row p begins at p * Dim and holds Dim / 2 cosines, then Dim / 2 sines.
    /// </summary>
    internal float[] Rows(int positions)
    {
        float[] rows = _rows;
        return (long)positions * Dim <= rows.Length ? rows : Grow(positions);
    }

    private float[] Grow(int positions)
    {
        lock (_growth)
        {
            int have = _rows.Length / Dim;
            if (positions <= have)
            {
                return _rows;
            }

            int limit = Array.MaxLength / Dim;
            if (positions > limit)
            {
                throw new ArgumentOutOfRangeException(nameof(positions), positions, $"A rotary table holds at most {limit} positions.");
            }

            int count = (int)Math.Min(limit, Math.Max(positions, Math.Max(SmallestGrowth, 2L * have)));
            float[] rows = GC.AllocateUninitializedArray<float>(count * Dim, pinned: true);
            _rows.CopyTo(rows, 0);
            int half = Dim / 2;
            for (int p = have; p < count; p++)
            {
                for (int i = 0; i < half; i++)
                {
                    (double sin, double cos) = Math.SinCos(p * _frequencies[i]);
                    rows[(p * Dim) + i] = (float)(cos * _attentionFactor);
                    rows[(p * Dim) + half + i] = (float)(sin * _attentionFactor);
                }
            }

            _rows = rows;
            return rows;
        }
    }
}
