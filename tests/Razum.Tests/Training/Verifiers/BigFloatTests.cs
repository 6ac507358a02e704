using System.Numerics;
using Razum.Training.Tasks;
using Razum.Training.Verifiers.Math;

namespace Razum.Tests.Training.Verifiers;

/// <summary>Functions of long floating point numbers: against double precision, and against identities to the bits that comparisons rely on.</summary>
public sealed class BigFloatTests
{
    [Fact]
    public void FunctionsEqualThoseOfDoublePrecision()
    {
        Random random = new(4);
        for (int i = 0; i < 200; i++)
        {
            int n = random.Next(-4000, 4000);
            BigFloat x = BigFloat.From(new Rational(n, 256));
            double d = n / 256.0;
            (BigFloat sin, BigFloat cos) = BigFloatFunctions.SinCos(x);
            Near(double.Sin(d), sin);
            Near(double.Cos(d), cos);
            Near(double.Exp(d), BigFloatFunctions.Exp(x));
            Near(double.Atan2(d, 1.5), BigFloatFunctions.Atan2(x, BigFloat.From(new Rational(3, 2))));
            Near(double.Atan2(d, -0.25), BigFloatFunctions.Atan2(x, BigFloat.From(new Rational(-1, 4))));
            if (n > 0)
            {
                Near(double.Log(d), BigFloatFunctions.Ln(x));
                Near(double.Sqrt(d), BigFloatFunctions.Sqrt(x));
            }
        }
    }

    [Fact]
    public void IdentitiesHoldToManyBits()
    {
        for (int n = 1; n < 60; n++)
        {
            BigFloat x = BigFloat.From(new Rational(n * n, 7));
            (BigFloat sin, BigFloat cos) = BigFloatFunctions.SinCos(x);
            Assert.True(BigFloat.Agree((sin * sin) + (cos * cos), BigFloat.One));
            Assert.True(BigFloat.Agree(BigFloatFunctions.Ln(BigFloatFunctions.Exp(x)), x));
            Assert.True(BigFloat.Agree(BigFloatFunctions.Exp(BigFloatFunctions.Ln(x)), x));
            BigFloat root = BigFloatFunctions.Sqrt(x);
            Assert.True(BigFloat.Agree(root * root, x));
            Assert.False(BigFloat.Agree(x, x + BigFloat.From(new Rational(1, BigInteger.Pow(10, 50)))));
        }
    }

    [Fact]
    public void PiIsPi()
    {
        const string Digits = "314159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651";
        BigFloat published = BigFloat.From(new Rational(BigInteger.Parse(Digits), BigInteger.Pow(10, Digits.Length - 1)));
        Assert.True(BigFloat.Agree(published, BigFloatFunctions.Pi));
    }

    private static void Near(double expected, BigFloat actual)
    {
        double value = (double)(actual * new BigFloat(1, 60)).Floor() / (1L << 60);
        Assert.InRange(value, expected - (1e-12 * (1 + double.Abs(expected))), expected + (1e-12 * (1 + double.Abs(expected))));
    }
}
