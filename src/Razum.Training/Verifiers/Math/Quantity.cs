using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>A number: an exact rational where it is one, else an approximation to <see cref="BigFloat.Bits"/> bits.</summary>
internal sealed class Quantity
{
    private const int MostExactBits = 40_000;

    private readonly Lazy<BigComplex>? _fromExact;
    private readonly BigComplex _approximation;

    public Quantity(Rational exact)
    {
        Exact = exact;
        _fromExact = new Lazy<BigComplex>(() => BigFloat.From(exact));
    }

    public Quantity(BigComplex approximation) => _approximation = approximation;

    public Rational? Exact { get; }

    /// <summary>Length of the exact number; 0 without one.</summary>
    public int ExactBits => Exact is { } exact ? (int)(exact.Numerator.GetBitLength() + exact.Denominator.GetBitLength()) : 0;

    public BigComplex Value => _fromExact?.Value ?? _approximation;

    /// <summary>Rounded, and so large that a difference of 1 may be lost in the rounding: such numbers decide nothing.</summary>
    public bool IsVague => Exact is null && !Value.IsZero && Value.Abs().Top > BigFloat.Agreement;

    public bool IsZero => Exact is { } exact ? exact.IsZero : Value.IsZero;

    public bool IsReal => Exact is not null || Value.IsReal;

    public static Quantity operator -(Quantity a) => a.Exact is { } exact ? new(BigInteger.MinusOne * exact) : new(-a.Value);

    public static Quantity operator +(Quantity a, Quantity b) => a.Exact is { } x && b.Exact is { } y && Fits(x, y) ? new(x + y) : new(a.Value + b.Value);

    public static Quantity operator -(Quantity a, Quantity b) => a.Exact is { } x && b.Exact is { } y && Fits(x, y) ? new(x - y) : new(a.Value - b.Value);

    public static Quantity operator *(Quantity a, Quantity b) => a.Exact is { } x && b.Exact is { } y && Fits(x, y) ? new(x * y) : new(a.Value * b.Value);

    public static Quantity operator /(Quantity a, Quantity b)
    {
        if (b.IsZero)
        {
            throw new NoValueException("division by zero");
        }

        return a.Exact is { } x && b.Exact is { } y && Fits(x, y) ? new(x / y) : new(a.Value / b.Value);
    }

    /// <summary>base^exponent: exact where that is a rational of bounded size, else principal values.</summary>
    public static Quantity Pow(Quantity number, Quantity exponent)
    {
        if (exponent.Exact is { } power && power.Denominator < 64)
        {
            if (number.Exact is { } exact && BigInteger.Abs(power.Numerator) < MostExactBits
                && (int)BigInteger.Abs(power.Numerator) * (exact.Numerator.GetBitLength() + exact.Denominator.GetBitLength()) < MostExactBits
                && ExactRoot(exact, (int)power.Denominator) is { } root)
            {
                return Whole(root, (int)power.Numerator);
            }

            if (power.IsInteger && BigInteger.Abs(power.Numerator) <= 64)
            {
                return Repeated(number.Value, (int)power.Numerator);
            }
        }

        return new(BigComplex.Pow(number.Value, exponent.Value));
    }

    /// <summary>The root of an exact number that is not negative, where it is exact too.</summary>
    public static Rational? ExactRoot(Rational number, int degree)
    {
        if (degree == 1)
        {
            return number;
        }

        if (number.Numerator.Sign < 0 || number.Numerator.GetBitLength() > 4096 || number.Denominator.GetBitLength() > 4096)
        {
            return null;
        }

        BigInteger top = BigFloatFunctions.Root(number.Numerator, degree), bottom = BigFloatFunctions.Root(number.Denominator, degree);
        return BigInteger.Pow(top, degree) == number.Numerator && BigInteger.Pow(bottom, degree) == number.Denominator ? new Rational(top, bottom) : null;
    }

    /// <summary>Equal: exactly where both are exact, else up to rounding errors.</summary>
    public static bool AreEqual(Quantity a, Quantity b) => a.Exact is { } x && b.Exact is { } y
        ? x == y
        : Agree(a.Value, b.Value);

    /// <summary>Equal after rounding real and imaginary part to <paramref name="digits"/> decimals.</summary>
    public static bool RoundsEqual(Quantity a, Quantity b, int digits)
    {
        (BigInteger re, BigInteger im) = (Rounded(a, digits, v => v.Re), Rounded(a, digits, v => v.Im));
        bool equal = re == Rounded(b, digits, v => v.Re) && im == Rounded(b, digits, v => v.Im);

        // What rounds to nothing must agree in its own digits: 0.0000001 is not 0.0000002.
        BigFloat difference = (a.Value - b.Value).Abs(), size = a.Value.Abs();
        return equal && (!(re.IsZero && im.IsZero) || ((difference * new BigFloat(BigInteger.Pow(10, digits), 0)) - size) is { Sign: <= 0 });
    }

    /// <summary>Negative, 0 or positive; of real numbers.</summary>
    public static int Compare(Quantity a, Quantity b)
    {
        Quantity difference = a - b;
        return AreEqual(a, b) ? 0 : difference.Exact is { } exact ? exact.Numerator.Sign : difference.Value.Re.Sign;
    }

    private static bool Agree(BigComplex a, BigComplex b)
    {
        // The parts of a complex number are as exact as its size, so a tiny part agrees with none.
        BigComplex difference = a - b;
        BigFloat size = a.Abs(), distance = difference.Abs();
        return BigFloat.Agree(size + distance, size);
    }

    private static BigInteger Rounded(Quantity q, int digits, Func<BigComplex, BigFloat> part)
    {
        BigInteger scale = BigInteger.Pow(10, digits);
        if (q.Exact is { } exact)
        {
            // Twice the value and one half, floor: half up. The imaginary part of an exact number is 0.
            return part(new BigComplex(BigFloat.One, BigFloat.Zero)).IsZero ? 0 : Floor((2 * exact.Numerator * scale) + exact.Denominator, 2 * exact.Denominator);
        }

        return ((part(q.Value) * new BigFloat(scale, 0)) + new BigFloat(BigInteger.One, -1)).Floor();
    }

    private static BigInteger Floor(BigInteger a, BigInteger b) => (a - (a.Sign < 0 ? b - 1 : 0)) / b;

    private static bool Fits(Rational a, Rational b) =>
        a.Numerator.GetBitLength() + a.Denominator.GetBitLength() + b.Numerator.GetBitLength() + b.Denominator.GetBitLength() < 4 * MostExactBits;

    private static Quantity Whole(Rational number, int power)
    {
        if (power < 0 && number.IsZero)
        {
            throw new NoValueException("division by zero");
        }

        int size = int.Abs(power);
        (BigInteger top, BigInteger bottom) = (BigInteger.Pow(number.Numerator, size), BigInteger.Pow(number.Denominator, size));
        return new(power < 0 ? new Rational(bottom, top) : new Rational(top, bottom));
    }

    private static Quantity Repeated(BigComplex number, int power)
    {
        BigComplex result = BigComplex.One;
        for (int i = 0; i < int.Abs(power); i++)
        {
            result *= number;
        }

        return new(power < 0 ? BigComplex.One / result : result);
    }
}
