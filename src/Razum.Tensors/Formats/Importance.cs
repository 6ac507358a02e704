namespace Razum.Tensors.Formats;

/// <summary>
/// How much errors in the columns of a block matter: the mean square of the activations that meet a column (an importance matrix), with the mean square of
/// the weights of the whole row. Empty when nothing is known.
/// </summary>
internal readonly unsafe struct Importance(float* columns, float rowMeanSquare)
{
    /// <summary>One number a column of the block; null when nothing is known.</summary>
    internal float* Columns { get; } = columns;

    /// <summary>Mean of the squared weights of the row.</summary>
    internal float RowMeanSquare { get; } = rowMeanSquare;

    internal bool IsEmpty => Columns == null;

    /// <summary>The same for a block that begins <paramref name="from"/> columns later.</summary>
    internal Importance From(int from) => IsEmpty ? this : new Importance(Columns + from, RowMeanSquare);

    /// <summary>Weights of errors: importance * sqrt(<paramref name="square"/> + x^2), so that a small value next to large ones still counts.</summary>
    internal void Weigh(float* x, int count, float square, float* weights)
    {
        for (int i = 0; i < count; i++)
        {
            weights[i] = Columns[i] * MathF.Sqrt(square + (x[i] * x[i]));
        }
    }

    /// <summary>The sum of weights.</summary>
    internal static float Sum(float* weights, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += weights[i];
        }

        return sum;
    }

    /// <summary>Twice the mean square of values: what the K formats put for <c>square</c>.</summary>
    internal static float TwiceMeanSquare(float* x, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += x[i] * x[i];
        }

        return 2 * sum / count;
    }
}
