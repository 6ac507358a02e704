using Razum.Tensors.Autograd;
using Razum.Tensors.Simd;

namespace Razum.Tensors.SelfTest;

/// <summary>
/// Checks one <see cref="OpCase"/> on one instruction set, with weights in one format: forward against the scalar reference, the recording tape against
/// the eager operation (same bits), backward against central differences of the reference.
/// </summary>
internal sealed class OpCheck
{
    /// <summary>Largest error of a gradient, relative to the largest of its tensor and 1.</summary>
    private const double GradientTolerance = 2e-4;

    /// <summary>The same where products are in BF16.</summary>
    private const double RoundedGradientTolerance = 0.03;

    private readonly OpCase _case;
    private readonly WeightFormat _format;
    private readonly Arithmetic _arithmetic;
    private readonly int _mostVaried;
    private readonly Random _random;
    private readonly Weight[] _inputs;
    private readonly Weight[] _exact;
    private readonly Weight[] _weights;

    private OpCheck(OpCase test, WeightFormat format, Arithmetic arithmetic, int mostVaried)
    {
        (_case, _format, _arithmetic, _mostVaried, _random) = (test, format, arithmetic, mostVaried, new Random(test.Seed));
        _inputs = [.. test.Inputs.Select((s, i) => Fill($"input {i}", s))];
        _exact = [.. test.Weights.Select((s, i) => Fill($"weight {i}", s))];
        _weights = [.. _exact.Select(w => FormatWeights.Convert(w, format))];
    }

    /// <param name="test">The case.</param>
    /// <param name="set">Vector instructions to run it with.</param>
    /// <param name="format">Format of its matrices.</param>
    /// <param name="arithmetic">What products are computed in.</param>
    /// <param name="mostVaried">Of how many values of a tensor the gradient is checked, evenly spread; every check costs four runs of the reference.</param>
    internal static SelfTestResult Run(OpCase test, InstructionSet set, WeightFormat format, Arithmetic arithmetic = Arithmetic.F32, int mostVaried = int.MaxValue)
    {
        var check = new OpCheck(test, format, arithmetic, mostVaried);
        try
        {
            return check.Run(set);
        }
        finally
        {
            foreach (Weight weight in (Weight[])[.. check._inputs, .. check._exact, .. check._weights])
            {
                weight.Dispose();
            }
        }
    }

    private SelfTestResult Run(InstructionSet set)
    {
        using var ops = new CpuOps(2, set, _arithmetic);
        using var arena = new Arena();
        Tensor expected = _case.Reference(arena, Views(), _weights);
        float[] actual = _case.Run(ops, Views(), _weights).ToArray();
        var result = new SelfTestResult(_case.Kernel, _case.Name, set, _format, _arithmetic)
        {
            Error = Error(expected, actual),
            Tolerance = FormatWeights.Tolerance(_format, _arithmetic),
        };
        return _case.Gradients && _arithmetic != Arithmetic.FP8 && (_inputs.Length > 0 || _format == WeightFormat.F32) ? WithGradients(result, ops, actual) : result;
    }

    private SelfTestResult WithGradients(SelfTestResult result, CpuOps ops, float[] eager)
    {
        var tape = new Tape(ops);
        Weight[] trained = [.. _weights.Where(w => w.Format == WeightFormat.F32)];
        foreach (Weight weight in trained)
        {
            weight.EnableGradient();
        }

        Tensor[] x = [.. Views().Select(tape.Track)];
        Tensor y = _case.Run(tape, x, _weights);
        if (!y.ToArray().AsSpan().SequenceEqual(eager))
        {
            return result with { Failure = "the tape computes other values than the operation alone" };
        }

        float[] direction = [.. eager.Select(_ => (float)((_random.NextDouble() * 2) - 1))];
        tape.Backward(y, direction);
        double worst = 0;
        for (int i = 0; i < _inputs.Length; i++)
        {
            Tensor gradient = tape.GradientOf(x[i]);
            worst = Math.Max(worst, GradientError(_inputs[i], gradient.IsEmpty ? new float[_inputs[i].Count] : gradient.ToArray(), direction));
        }

        foreach (Weight weight in trained)
        {
            worst = Math.Max(worst, GradientError(weight, weight.Gradient!.Value.ToArray(), direction));
        }

        return result with { GradientError = worst, GradientTolerance = _arithmetic == Arithmetic.F32 ? GradientTolerance : RoundedGradientTolerance };
    }

    /// <summary>The largest difference, relative to the largest value of its row and 1; infinite for results of another size.</summary>
    private static double Error(Tensor expected, float[] actual)
    {
        if (actual.LongLength != (long)expected.Rows * expected.Columns)
        {
            return double.PositiveInfinity;
        }

        double worst = 0;
        for (int r = 0; r < expected.Rows; r++)
        {
            double scale = 1;
            foreach (float value in expected[r])
            {
                scale = Math.Max(scale, Math.Abs(value));
            }

            for (int c = 0; c < expected.Columns; c++)
            {
                worst = Math.Max(worst, Math.Abs(expected[r][c] - actual[(r * expected.Columns) + c]) / scale);
            }
        }

        return worst;
    }

    private double GradientError(Weight varied, float[] gradient, float[] direction)
    {
        int step = (int)Math.Max(1, ((long)gradient.Length + _mostVaried - 1) / _mostVaried);
        (double scale, double worst) = (1, 0);
        for (int i = 0; i < gradient.Length; i += step)
        {
            double numeric = Derivative(varied, i, direction);
            scale = Math.Max(scale, Math.Abs(numeric));
            worst = Math.Max(worst, Math.Abs(numeric - gradient[i]));
        }

        return worst / scale;
    }

    /// <summary>Five-point central difference: the error is of fourth order in the step, small enough that F32 outputs summed in double decide.</summary>
    private double Derivative(Weight varied, int i, float[] direction)
    {
        const float Step = 1f / 32;
        return ((8 * (At(Step) - At(-Step))) - At(2 * Step) + At(-2 * Step)) / (12 * Step);

        double At(float change)
        {
            float kept = varied.AsSpan()[i];
            varied.AsSpan()[i] = kept + change;
            using var arena = new Arena();
            float[] y = _case.Reference(arena, Views(), _weights).ToArray();
            varied.AsSpan()[i] = kept;
            double sum = 0;
            for (int j = 0; j < y.Length; j++)
            {
                sum += (double)y[j] * direction[j];
            }

            return sum;
        }
    }

    private unsafe Tensor[] Views() => [.. _inputs.Select(w => new Tensor(w.Floats, w.Rows, w.Columns, w.Columns))];

    private Weight Fill(string name, (int Rows, int Columns) shape)
    {
        Weight weight = Weight.Create(name, shape.Rows, shape.Columns);
        if (!_case.Gradients)
        {
            foreach (ref float value in weight.AsSpan())
            {
                value = (2 * _random.NextSingle()) - 1;
            }

            return weight;
        }

        // Every row is a shuffle of evenly spaced values: a router's choice never changes within a step of the difference.
        // All are multiples of 1/64, so steps stay exact in F32.
        for (int r = 0; r < shape.Rows; r++)
        {
            Span<float> row = weight.AsSpan().Slice(r * shape.Columns, shape.Columns);
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = MathF.Round(((2f * c / Math.Max(1, row.Length - 1)) - 1) * 64) / 64;
            }

            _random.Shuffle(row);
        }

        return weight;
    }
}
