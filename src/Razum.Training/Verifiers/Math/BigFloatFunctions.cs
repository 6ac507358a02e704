using System.Numerics;

namespace Razum.Training.Verifiers.Math;

/// <summary>Elementary functions of <see cref="BigFloat"/>, in fixed point with <see cref="W"/> bits behind the point.</summary>
internal static class BigFloatFunctions
{
    private const int W = 640;
    private const int Guard = 64; // more bits where an argument of up to 2^40 is reduced
    private const int Halvings = 12;

    private static readonly BigInteger s_one = BigInteger.One << W;
    private static readonly BigInteger s_pi = FixedPi(); // W + Guard bits
    private static readonly BigInteger s_ln2 = FixedLn2();

    public static BigFloat Pi { get; } = new(s_pi, -(W + Guard));

    /// <summary>e^x.</summary>
    public static BigFloat Exp(BigFloat x)
    {
        if (!x.IsZero && x.Top > 40)
        {
            throw new NoValueException("an exponent is too large");
        }

        BigInteger fixedX = x.ToFixed(W + Guard);
        BigInteger turns = Divide(fixedX, s_ln2);
        return new BigFloat(FixedExp((fixedX - (turns * s_ln2)) >> Guard), (long)turns - W);
    }

    /// <summary>ln x for x > 0.</summary>
    public static BigFloat Ln(BigFloat x)
    {
        if (x.Sign <= 0)
        {
            throw new NoValueException("the logarithm of zero");
        }

        long power = x.Top;
        BigInteger m = new BigFloat(x.Mantissa, x.Exponent - power).ToFixed(W); // in [1, 2)
        BigInteger y = new BigInteger(double.Log((double)(m >> (W - 60)) / (1L << 60)) * (1L << 52)) << (W - 52);
        for (int i = 0; i < 4; i++)
        {
            // Halley's step triples the right bits: y += 2 (m - e^y) / (m + e^y).
            BigInteger e = FixedExp(y);
            y += ((m - e) << (W + 1)) / (m + e);
        }

        return new BigFloat(y, -W) + new BigFloat((BigInteger)power * s_ln2, -(W + Guard));
    }

    public static (BigFloat Sin, BigFloat Cos) SinCos(BigFloat x)
    {
        if (!x.IsZero && x.Top > 40)
        {
            throw new NoValueException("an angle is too large");
        }

        BigInteger fixedX = x.ToFixed(W + Guard);
        BigInteger quarters = Divide(fixedX + (s_pi >> 2), s_pi >> 1);
        BigInteger r = (fixedX - ((quarters * s_pi) >> 1)) >> Guard; // |r| <= pi/4
        BigFloat sin = new(Alternating(r, r, 1), -W);
        BigFloat cos = new(Alternating(s_one, r, 0), -W);
        return (int)(quarters & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>The angle of (x, y) in (-pi, pi].</summary>
    public static BigFloat Atan2(BigFloat y, BigFloat x)
    {
        if (x.IsZero && y.IsZero)
        {
            throw new NoValueException("the angle of zero");
        }

        if (y.IsZero)
        {
            return x.Sign > 0 ? BigFloat.Zero : Pi;
        }

        BigFloat half = new(Pi.Mantissa, Pi.Exponent - 1);
        if (x.IsZero || (!x.IsZero && Larger(y, x)))
        {
            return (y.Sign > 0 ? half : -half) - Atan(x / y);
        }

        BigFloat angle = Atan(y / x);
        return x.Sign > 0 ? angle : y.Sign > 0 ? angle + Pi : angle - Pi;
    }

    public static BigFloat Sqrt(BigFloat x)
    {
        if (x.Sign < 0)
        {
            throw new NoValueException("the root of a negative number");
        }

        int shift = (2 * BigFloat.Bits) + (int)(long.Abs(x.Exponent) & 1);
        return new BigFloat(Root(x.Mantissa << shift, 2), (x.Exponent - shift) / 2);
    }

    /// <summary>floor of the <paramref name="degree"/>-th root of n >= 0, by Newton's method from above.</summary>
    public static BigInteger Root(BigInteger n, int degree)
    {
        if (n <= BigInteger.One)
        {
            return n;
        }

        BigInteger x = BigInteger.One << (int)((n.GetBitLength() + degree - 1) / degree);
        while (true)
        {
            BigInteger next = (((degree - 1) * x) + (n / BigInteger.Pow(x, degree - 1))) / degree;
            if (next >= x)
            {
                return x;
            }

            x = next;
        }
    }

    private static bool Larger(BigFloat a, BigFloat b) =>
        a.Top > b.Top || (a.Top == b.Top && (a.Sign < 0 ? -a : a) is var p && (b.Sign < 0 ? -b : b) is var q && (p - q).Sign > 0);

    // |x| <= 1. Eight times: atan x = 2 atan(x / (1 + sqrt(1 + x^2))).
    private static BigFloat Atan(BigFloat x)
    {
        BigInteger t = x.ToFixed(W);
        for (int i = 0; i < 8; i++)
        {
            t = (t << W) / (s_one + Root((s_one * s_one) + (t * t), 2));
        }

        BigInteger square = (t * t) >> W, power = t, sum = t;
        for (int k = 3; !power.IsZero && k < W; k += 2)
        {
            power = -(power * square) >> W;
            sum += power / k;
        }

        return new BigFloat(sum << 8, -W);
    }

    // y in [0, 1).
    private static BigInteger FixedExp(BigInteger y)
    {
        BigInteger r = y >> Halvings, term = s_one, sum = s_one;
        for (int k = 1; !term.IsZero && k < W; k++)
        {
            term = ((term * r) >> W) / k;
            sum += term;
        }

        for (int i = 0; i < Halvings; i++)
        {
            sum = (sum * sum) >> W;
        }

        return sum;
    }

    // first - first r^2 / ((n+1)(n+2)) + ...
    private static BigInteger Alternating(BigInteger first, BigInteger r, int n)
    {
        BigInteger square = (r * r) >> W, term = first, sum = first;
        for (int k = n; !term.IsZero && k < W; k += 2)
        {
            term = -((term * square) >> W) / ((k + 1) * (k + 2));
            sum += term;
        }

        return sum;
    }

    private static BigInteger Divide(BigInteger a, BigInteger b) => (a - (a.Sign < 0 ? b - 1 : 0)) / b; // floor, b > 0

    // Machin: pi = 16 atan(1/5) - 4 atan(1/239).
    private static BigInteger FixedPi() => ((InverseSeries(5, -1) * 16) - (InverseSeries(239, -1) * 4)) >> 32;

    // ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749).
    private static BigInteger FixedLn2() => ((InverseSeries(26, 1) * 18) - (InverseSeries(4801, 1) * 2) + (InverseSeries(8749, 1) * 8)) >> 32;

    // atan(1/n) for sign -1, atanh(1/n) for sign 1, with 32 bits more than W + Guard.
    private static BigInteger InverseSeries(int n, int sign)
    {
        BigInteger power = (BigInteger.One << (W + Guard + 32)) / n, sum = power;
        for (int k = 3; !power.IsZero; k += 2)
        {
            power = power * sign / (n * n);
            sum += power / k;
        }

        return sum;
    }
}
