using Razum.Cli.Screens;

namespace Razum.Tests.Cli;

/// <summary>Curves in characters.</summary>
public sealed class BlockChartTests
{
    [Fact]
    public void Columns_are_as_high_as_their_values()
    {
        IReadOnlyList<string> lines = BlockChart.Draw([0, 0.25, 0.5, 0.75, 1], 5, 5, 2, 1, "0.0");
        Assert.Equal(["1.0┤   ▄█", "0.0┤ ▄███"], lines);
    }

    [Fact]
    public void A_curve_that_goes_on_leaves_room_and_a_long_one_is_averaged()
    {
        Assert.Equal(["1┤█  ", "0┤█  "], BlockChart.Draw([1], 3, 3, 2, 1, "0"));
        Assert.Equal("2┤█ ", BlockChart.Draw([2, 2, 0, 0], 4, 2, 1, 2, "0")[0]);
        Assert.Equal(["1┤   ", "0┤   "], BlockChart.Draw([], 5, 3, 2, 1, "0"));
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    [InlineData(41, 50)]
    [InlineData(101, 200)]
    public void Axes_end_at_round_numbers(double value, double top) => Assert.Equal(top, BlockChart.RoundUp(value));
}
