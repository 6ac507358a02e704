using Razum.Tensors;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>A log-probability has the same bits whoever computes it: sampler or trainer, with the entropy or without, alone or among other rows.</summary>
public sealed class LogProbabilitiesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(0.7f)]
    public void Sampler_and_trainer_have_the_same_bits(float temperature)
    {
        const int Rows = 9;
        const int Vocabulary = 101;
        using var ops = new CpuOps(2);
        using var head = Weight.Create("lm_head.weight", Vocabulary, 24);
        Tensor hidden = ops.Arena.Allocate(Rows, 24);
        var random = new Random(7);
        foreach (ref float value in head.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        for (int t = 0; t < Rows; t++)
        {
            foreach (ref float value in hidden[t])
            {
                value = 4 * (random.NextSingle() - 0.5f);
            }
        }

        int[] targets = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(Vocabulary))];
        Tensor alone = ops.LogProbabilities(hidden, head, targets, temperature);
        Tensor both = ops.LogProbabilities(hidden, head, targets, temperature, entropy: true);
        Tensor logits = ops.Linear(hidden, head);
        for (int t = 0; t < Rows; t++)
        {
            float want = ops.LogProbability(logits[t], targets[t], temperature);
            Assert.Equal(want, alone[t][0]);
            Assert.Equal(want, both[t][0]);
            Tensor one = ops.LogProbabilities(hidden.SliceRows(t, 1), head, targets.AsSpan(t, 1), temperature, entropy: true);
            Assert.Equal(both[t].ToArray(), one[0].ToArray());
        }

        Assert.Equal(temperature == 1, alone.ToArray().SequenceEqual(ops.LogProbabilities(hidden, head, targets).ToArray()));
    }

    [Fact]
    public void Entropy_of_even_logits_is_the_logarithm_of_their_number_and_there_is_no_temperature_of_zero()
    {
        using var ops = new CpuOps(1);
        using var head = Weight.Create("lm_head.weight", 50, 3);
        Tensor hidden = ops.Arena.AllocateZeroed(1, 3);
        Assert.Equal(MathF.Log(50), ops.LogProbabilities(hidden, head, [4], 0.3f, entropy: true)[0][1], 1e-5f);
        Assert.Throws<ArgumentOutOfRangeException>(() => ops.LogProbabilities(hidden, head, [4], 0));
    }
}
