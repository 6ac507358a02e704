using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// A real number M 2^E with <see cref="Bits"/> significant bits: enough that two expressions which agree in <see cref="Agreement"/> bits are taken as equal.
/// Rounded towards minus infinity; the last bits carry no meaning.
/// </summary>
internal readonly record struct BigFloat
{
    public const int Bits = 512;

    /// <summary>Bits in which equal values must agree.</summary>
    public const int Agreement = 300;

    private const int SmallestAbsolute = 400; // below 2^-400 is zero
    private const long LargestExponent = 1L << 40;

    public BigFloat(BigInteger mantissa, long exponent)
    {
        long excess = mantissa.IsZero ? 0 : (long)mantissa.GetBitLength() - Bits;
        Mantissa = excess > 0 ? mantissa >> (int)excess : mantissa;
        Exponent = Mantissa.IsZero ? 0 : exponent + long.Max(excess, 0);
        if (long.Abs(Exponent) > LargestExponent)
        {
            throw new NoValueException("a number is out of range");
        }
    }

    public static BigFloat Zero => default;

    public static BigFloat One { get; } = new(BigInteger.One, 0);

    public BigInteger Mantissa { get; }

    public long Exponent { get; }

    public bool IsZero => Mantissa.IsZero;

    public int Sign => Mantissa.Sign;

    /// <summary>Position of the highest bit: 2^Top &lt;= |x| &lt; 2^(Top+1).</summary>
    public long Top => Exponent + (long)BigInteger.Abs(Mantissa).GetBitLength() - 1;

    public static BigFloat From(Rational value)
    {
        int shift = int.Max(0, Bits + 32 - (int)(value.Numerator.GetBitLength() - value.Denominator.GetBitLength()));
        return new BigFloat((value.Numerator << shift) / value.Denominator, -shift);
    }

    public static BigFloat operator -(BigFloat a) => new(-a.Mantissa, a.Exponent);

    public static BigFloat operator +(BigFloat a, BigFloat b)
    {
        if (a.IsZero || b.IsZero)
        {
            return a.IsZero ? b : a;
        }

        (BigFloat high, BigFloat low) = a.Exponent >= b.Exponent ? (a, b) : (b, a);
        long distance = high.Exponent - low.Exponent;
        return distance > Bits * 3
            ? high.Top > low.Top ? high : low
            : new BigFloat((high.Mantissa << (int)distance) + low.Mantissa, low.Exponent);
    }

    public static BigFloat operator -(BigFloat a, BigFloat b) => a + (-b);

    public static BigFloat operator *(BigFloat a, BigFloat b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

    public static BigFloat operator /(BigFloat a, BigFloat b)
    {
        if (b.IsZero)
        {
            throw new NoValueException("division by zero");
        }

        int shift = Bits + 32;
        return new BigFloat((a.Mantissa << (shift + Bits)) / b.Mantissa, a.Exponent - b.Exponent - shift - Bits);
    }

    /// <summary>Equal up to rounding errors.</summary>
    public static bool Agree(BigFloat a, BigFloat b)
    {
        BigFloat difference = a - b;
        return difference.IsZero || difference.Top < long.Max(-SmallestAbsolute, long.Max(a.IsZero ? long.MinValue : a.Top, b.IsZero ? long.MinValue : b.Top) - Agreement);
    }

    /// <summary>x 2^bits, rounded down to an integer.</summary>
    public BigInteger ToFixed(int bits)
    {
        long shift = Exponent + bits;
        if (shift > 1 << 16)
        {
            throw new NoValueException("a number is too large");
        }

        return shift >= 0 ? Mantissa << (int)shift : shift < -(1 << 16) ? (Mantissa.Sign < 0 ? BigInteger.MinusOne : BigInteger.Zero) : Mantissa >> (int)-shift;
    }

    /// <summary>floor(x).</summary>
    public BigInteger Floor() => ToFixed(0);
}
