using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Models;

public sealed class RandomParametersTests
{
    [Fact]
    public void Values_depend_on_seed_and_name_alone()
    {
        RandomParameters source = new(1, 0.02f);
        using Weight other = source.Get("other", 3, 3);
        using Weight first = source.Get("model.layers.0.mlp.up_proj.weight", 5, 7);
        using Weight again = new RandomParameters(1, 0.02f).Get("model.layers.0.mlp.up_proj.weight", 5, 7);
        using Weight seed = new RandomParameters(2, 0.02f).Get("model.layers.0.mlp.up_proj.weight", 5, 7);
        using Weight name = source.Get("model.layers.1.mlp.up_proj.weight", 5, 7);
        Assert.Equal(first.ToArray(), again.ToArray());
        Assert.NotEqual(first.ToArray(), seed.ToArray());
        Assert.NotEqual(first.ToArray(), name.ToArray());
    }

    [Fact]
    public void Matrices_are_normal_with_the_deviation_asked_for()
    {
        const int Rows = 500;
        using Weight weight = new RandomParameters(3, 0.5f).Get("x.weight", Rows, Rows);
        using Weight output = new RandomParameters(3, 0.5f, residualLayers: 8).Get("model.layers.0.self_attn.o_proj.weight", Rows, Rows);
        double[] values = [.. weight.ToArray().Select(v => v / 0.5)];

        // Moments 0, 1, 0, 3 of a normal number; the bounds are six deviations of the means of 250,000.
        Assert.InRange(values.Average(), -0.012, 0.012);
        Assert.InRange(values.Average(v => v * v), 1 - 0.017, 1 + 0.017);
        Assert.InRange(values.Average(v => v * v * v), -0.047, 0.047);
        Assert.InRange(values.Average(v => v * v * v * v), 3 - 0.12, 3 + 0.12);
        Assert.InRange(values.Zip(values.Skip(1)).Average(p => p.First * p.Second), -0.012, 0.012);
        Assert.InRange(output.ToArray().Average(v => v * v), 0.25 / 16 * 0.983, 0.25 / 16 * 1.017);
    }

    [Theory]
    [InlineData("model.norm.weight", 1)]
    [InlineData("model.layers.3.enorm.weight", 1)]
    [InlineData("model.layers.0.self_attn.kv_a_layernorm.weight", 1)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", 0)]
    [InlineData("model.layers.1.mlp.gate.e_score_correction_bias", 0)]
    public void Vectors_are_ones_or_zeros(string name, float expected)
    {
        using Weight weight = new RandomParameters(1, 0.02f).GetVector(name, 4);
        Assert.All(weight.ToArray(), v => Assert.Equal(expected, v));
    }
}
