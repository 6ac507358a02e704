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

    [Theory]
    [InlineData(1)]
    [InlineData(0.7f)]
    public void Over_a_set_of_tokens_sampler_and_trainer_have_the_same_bits(float temperature)
    {
        const int Vocabulary = 101;
        using var ops = new CpuOps(2);
        using var head = Weight.Create("lm_head.weight", Vocabulary, 24);
        Tensor hidden = ops.Arena.Allocate(9, 24);
        var random = new Random(8);
        foreach (ref float value in head.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        int[] targets = new int[9];
        int[][] sets = new int[9][]; // of 1, 12, 23 ... tokens; those of the last row are all
        for (int t = 0; t < 9; t++)
        {
            foreach (ref float value in hidden[t])
            {
                value = 4 * (random.NextSingle() - 0.5f);
            }

            int[] all = [.. Enumerable.Range(0, Vocabulary)];
            random.Shuffle(all);
            sets[t] = t == 8 ? [.. Enumerable.Range(0, Vocabulary)] : [.. all.Take(1 + (11 * t)).Order()];
            targets[t] = all[0];
        }

        int[] Ends(IEnumerable<int[]> of) => [.. of.Select((_, i) => of.Take(i + 1).Sum(s => s.Length))];
        int[] ids = [.. sets.SelectMany(s => s)];
        Tensor values = ops.LogProbabilities(hidden, head, targets, temperature, entropy: true, new TokenSets(ids, Ends(sets)));
        Tensor logits = ops.Linear(hidden, head);
        Tensor whole = ops.LogProbabilities(hidden, head, targets, temperature, entropy: true);
        for (int t = 0; t < 9; t++)
        {
            Assert.Equal(ops.LogProbability(logits[t], targets[t], temperature, sets[t]), values[t][0]);
            Tensor one = ops.LogProbabilities(hidden.SliceRows(t, 1), head, targets.AsSpan(t, 1), temperature, true, new TokenSets(sets[t], Ends([sets[t]])));
            Assert.Equal(values[t].ToArray(), one[0].ToArray());
            Assert.Equal(t == 8, values[t].SequenceEqual(whole[t])); // a set of all tokens is none
        }

        Assert.Equal([0f, 0], values[0].ToArray()); // a draw from one token
        Assert.Equal(float.NegativeInfinity, ops.LogProbability(logits[1], Enumerable.Range(0, 101).First(v => !sets[1].Contains(v)), 1, sets[1]));
    }

    [Theory]
    [InlineData(new[] { 1, 3 }, new[] { 2 }, "not in its set")]
    [InlineData(new[] { 4, 4 }, new[] { 2 }, "must ascend")]
    [InlineData(new[] { 4, 50 }, new[] { 2 }, "below 50")]
    [InlineData(new[] { 4, 5 }, new[] { 1, 2 }, "2 sets")]
    public void A_set_that_means_nothing_is_refused(int[] ids, int[] ends, string expected)
    {
        using var ops = new CpuOps(1);
        using var head = Weight.Create("lm_head.weight", 50, 3);
        Tensor hidden = ops.Arena.AllocateZeroed(1, 3);
        Exception fault = Assert.ThrowsAny<ArgumentException>(() => ops.LogProbabilities(hidden, head, [4], 1, false, new TokenSets(ids, ends)));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
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
