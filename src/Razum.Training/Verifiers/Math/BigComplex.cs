using System.Numerics;

namespace Razum.Training.Verifiers.Math;

/// <summary>A complex number of two <see cref="BigFloat"/>s; functions take their principal values.</summary>
internal readonly record struct BigComplex(BigFloat Re, BigFloat Im)
{
    public static BigComplex One { get; } = new(BigFloat.One, BigFloat.Zero);

    public static BigComplex I { get; } = new(BigFloat.Zero, BigFloat.One);

    public bool IsZero => Re.IsZero && Im.IsZero;

    public bool IsReal => Im.IsZero || BigFloat.Agree(Im, BigFloat.Zero) || (!Re.IsZero && Im.Top < Re.Top - BigFloat.Agreement);

    public static implicit operator BigComplex(BigFloat value) => new(value, BigFloat.Zero);

    public static BigComplex operator -(BigComplex a) => new(-a.Re, -a.Im);

    public static BigComplex operator +(BigComplex a, BigComplex b) => new(a.Re + b.Re, a.Im + b.Im);

    public static BigComplex operator -(BigComplex a, BigComplex b) => new(a.Re - b.Re, a.Im - b.Im);

    public static BigComplex operator *(BigComplex a, BigComplex b) => new((a.Re * b.Re) - (a.Im * b.Im), (a.Re * b.Im) + (a.Im * b.Re));

    public static BigComplex operator /(BigComplex a, BigComplex b)
    {
        BigFloat norm = (b.Re * b.Re) + (b.Im * b.Im);
        return new(((a.Re * b.Re) + (a.Im * b.Im)) / norm, ((a.Im * b.Re) - (a.Re * b.Im)) / norm);
    }

    public BigFloat Abs() => Im.IsZero ? (Re.Sign < 0 ? -Re : Re) : BigFloatFunctions.Sqrt((Re * Re) + (Im * Im));

    public static BigComplex Exp(BigComplex z)
    {
        BigFloat size = BigFloatFunctions.Exp(z.Re);
        if (z.Im.IsZero)
        {
            return size;
        }

        (BigFloat sin, BigFloat cos) = BigFloatFunctions.SinCos(z.Im);
        return new(size * cos, size * sin);
    }

    public static BigComplex Ln(BigComplex z) => z.Im.IsZero && z.Re.Sign > 0
        ? BigFloatFunctions.Ln(z.Re)
        : new BigComplex(BigFloatFunctions.Ln(z.Abs()), BigFloatFunctions.Atan2(z.Im, z.Re));

    public static BigComplex Pow(BigComplex z, BigComplex w)
    {
        if (!z.IsZero)
        {
            return Exp(w * Ln(z));
        }

        return w.Re.Sign > 0 ? default(BigComplex) : throw new NoValueException("zero to a power that is not positive");
    }

    public static BigComplex Sqrt(BigComplex z) =>
        z.IsZero ? z : z.Im.IsZero && z.Re.Sign > 0 ? BigFloatFunctions.Sqrt(z.Re) : Pow(z, new BigFloat(BigInteger.One, -1));

    public static BigComplex Sin(BigComplex z)
    {
        BigComplex e = Exp(I * z);
        return (e - (One / e)) / new BigComplex(BigFloat.Zero, new BigFloat(2, 0));
    }

    public static BigComplex Cos(BigComplex z)
    {
        BigComplex e = Exp(I * z);
        return (e + (One / e)) / new BigFloat(2, 0);
    }

    /// <summary>asin z = -i ln(i z + sqrt(1 - z^2)).</summary>
    public static BigComplex Asin(BigComplex z) => -(I * Ln((I * z) + Sqrt(One - (z * z))));

    /// <summary>atan z = (i/2) (ln(1 - i z) - ln(1 + i z)).</summary>
    public static BigComplex Atan(BigComplex z) => I * (Ln(One - (I * z)) - Ln(One + (I * z))) / new BigFloat(2, 0);
}
