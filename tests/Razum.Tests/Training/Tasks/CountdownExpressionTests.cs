using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

public class CountdownExpressionTests
{
    [Theory]
    [InlineData("1+2*3", "7")]
    [InlineData("(1+2)*3", "9")]
    [InlineData("8-3-2", "3")]
    [InlineData("8/4/2", "1")]
    [InlineData("7/2*2", "7")]
    [InlineData("1/3", "1/3")]
    [InlineData("2-4/6", "4/3")]
    [InlineData("3-8", "-5")]
    [InlineData(" ( 1 +2 ) * 3 ", "9")]
    [InlineData("0*5", "0")]
    [InlineData("99999999999999999999*99999999999999999999", "9999999999999999999800000000000000000001")]
    public void Values(string text, string expected)
    {
        Assert.True(CountdownExpression.TryRead(text, out Rational value, out _));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("9**9**9")]
    [InlineData("1//2")]
    [InlineData("-1+2")]
    [InlineData("+1")]
    [InlineData("1+-2")]
    [InlineData("01+2")]
    [InlineData("1 2")]
    [InlineData("1+2=3")]
    [InlineData("1.5+2")]
    [InlineData("(1+2")]
    [InlineData("1+2)")]
    [InlineData("()")]
    [InlineData("2(3)")]
    [InlineData("(2)(3)")]
    [InlineData("1/0")]
    [InlineData("1/(2-2)")]
    [InlineData("1+")]
    [InlineData("1\t+2")]
    [InlineData("1+2\0")]
    [InlineData("1+2\0)")]
    [InlineData("1+٢")]
    [InlineData("1e3")]
    public void Refused(string text) => Assert.False(CountdownExpression.TryRead(text, out _, out _));

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void BracketsNest31Deep(int depth, bool expected) =>
        Assert.Equal(expected, CountdownExpression.TryRead(new string('(', depth) + "1" + new string(')', depth), out _, out _));

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void AtMost200Characters(int length, bool expected) =>
        Assert.Equal(expected, CountdownExpression.TryRead(new string('7', length), out _, out _));

    [Fact]
    public void NumbersAreListedInOrder()
    {
        Assert.True(CountdownExpression.TryRead("(3+14)*3", out _, out IReadOnlyList<BigInteger> numbers));
        Assert.Equal([3, 14, 3], numbers);
    }
}
