using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Kernels;

namespace Razum.Tests.Tensors;

/// <summary>
/// The balance loss passes its logits on and adds a gradient on the way: its value against the scalar reference, and the gradient it adds against central
/// differences of that reference.
/// </summary>
public sealed class SequenceBalanceTests
{
    private const float Alpha = 0.3f;
    private static readonly Segment[] s_segments = [new Segment(0, 4), new Segment(4, 1), new Segment(5, 6)];

    [Theory]
    [InlineData(RouterScore.Sigmoid, false)]
    [InlineData(RouterScore.Softmax, false)]
    [InlineData(RouterScore.Sigmoid, true)]
    public void Value_and_gradient(RouterScore score, bool biased)
    {
        using Weight bias = Weight.Create("bias", 1, 6, isVector: true);
        bias.AsSpan()[2] = 1; // expert 2 always counts, far from a tie
        Weight? of = biased ? bias : null;
        var shape = new RouterShape(6, 2, score, 1, 1, GroupScore.Max, true, 1);
        using var ops = new CpuOps(2);
        Tensor logits = ops.Arena.Allocate(11, 6);
        var random = new Random(3);
        for (int t = 0; t < logits.Rows; t++)
        {
            // Evenly spaced: a step of the difference never changes which two are best.
            float[] row = [-1, -0.6f, -0.2f, 0.2f, 0.6f, 1];
            random.Shuffle(row);
            row.CopyTo(logits[t]);
        }

        float shown = float.NaN;
        ops.TensorObserver = (name, value) => shown = name == "balance" ? value.Value : shown;
        var tape = new Tape(ops);
        Tensor x = tape.Track(logits);
        Tensor y = tape.SequenceBalance(x, shape, s_segments, Alpha, "balance", of);
        Assert.Equal(logits.ToArray(), y.ToArray());
        Assert.Equal(Loss(logits, shape, of), shown, 1e-6);

        float[] upstream = [.. Enumerable.Range(0, logits.Rows * logits.Columns).Select(i => i / 100f)];
        tape.Backward(y, upstream);
        float[] gradient = tape.GradientOf(x).ToArray();
        for (int i = 0; i < gradient.Length; i++)
        {
            Assert.Equal(upstream[i] + Derivative(logits, shape, of, i), gradient[i], 1e-4);
        }
    }

    private static double Derivative(Tensor logits, RouterShape shape, Weight? bias, int i)
    {
        const float Step = 1f / 32;
        (int t, int e) = (i / logits.Columns, i % logits.Columns);
        float kept = logits[t][e];
        double At(float change)
        {
            logits[t][e] = kept + change;
            double loss = Loss(logits, shape, bias);
            logits[t][e] = kept;
            return loss;
        }

        return ((8 * (At(Step) - At(-Step))) - At(2 * Step) + At(-2 * Step)) / (12 * Step);
    }

    private static unsafe double Loss(Tensor logits, RouterShape shape, Weight? bias)
    {
        int[] bounds = [.. s_segments.SelectMany(s => new[] { s.Start, s.Count })];
        float[] losses = new float[s_segments.Length];
        fixed (int* b = bounds)
        fixed (float* l = losses)
        {
            SequenceBalance.Reference(logits, shape, CpuOps.Floats(bias), b, losses.Length, l);
        }

        return Alpha * losses.Average(x => (double)x);
    }
}
