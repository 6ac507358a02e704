using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>Functions of numbers, and series.</summary>
internal sealed partial class Evaluator
{
    private const int MostTerms = 3000;
    private const int MostFactorial = 3000;

    private static BigComplex Trigonometric(string name, BigComplex x) => name switch
    {
        "sin" => BigComplex.Sin(x),
        "cos" => BigComplex.Cos(x),
        "tan" => Quotient(BigComplex.Sin(x), BigComplex.Cos(x)),
        "cot" => Quotient(BigComplex.Cos(x), BigComplex.Sin(x)),
        "sec" => Quotient(BigComplex.One, BigComplex.Cos(x)),
        _ => Quotient(BigComplex.One, BigComplex.Sin(x)),
    };

    // A divisor that is zero but for rounding has no quotient.
    private static BigComplex Quotient(BigComplex a, BigComplex b) =>
        BigFloat.Agree(b.Abs(), BigFloat.Zero) ? throw new NoValueException("division by zero") : a / b;

    private Quantity Function(string name, Quantity x)
    {
        BigComplex z = x.Value;
        BigComplex half = new BigFloat(1, -1);
        switch (name)
        {
            case "abs":
                return x.Exact is { } exact ? (exact.Numerator.Sign < 0 ? -x : x) : new Quantity(z.Abs());
            case "factorial":
                return Factorial(Integer(x));
            case "floor" or "ceil":
                return Rounded(name, x);
            case "ln":
                return x.Exact is { } one && one.IsInteger && one.Numerator.IsOne ? Whole(0) : new Quantity(BigComplex.Ln(z));
            case "exp":
                return x.IsZero ? Whole(1) : new Quantity(BigComplex.Exp(z));
            case "asin":
                return new Quantity(BigComplex.Asin(z));
            case "acos":
                return new Quantity((BigFloatFunctions.Pi * half) - BigComplex.Asin(z));
            case "atan":
                return new Quantity(BigComplex.Atan(z));
            case "acot":
                return new Quantity((BigFloatFunctions.Pi * half) - BigComplex.Atan(z));
            case "sinh":
                return new Quantity((BigComplex.Exp(z) - BigComplex.Exp(-z)) * half);
            case "cosh":
                return new Quantity((BigComplex.Exp(z) + BigComplex.Exp(-z)) * half);
            case "tanh":
                return new Quantity((BigComplex.Exp(z) - BigComplex.Exp(-z)) / (BigComplex.Exp(z) + BigComplex.Exp(-z)));
            default:
                throw new NoValueException($"{name} is not a number");
        }
    }

    private static Quantity Rounded(string name, Quantity x)
    {
        if (!x.IsReal)
        {
            throw new NoValueException("no real number");
        }

        Quantity y = name == "floor" ? x : -x;
        BigInteger floor = y.Exact is { } exact
            ? (exact.Numerator - (exact.Numerator.Sign < 0 ? exact.Denominator - 1 : 0)) / exact.Denominator
            : y.Value.Re.Floor();
        return name == "floor" ? Whole(floor) : Whole(-floor);
    }

    private Quantity Factorial(BigInteger n)
    {
        if (n.Sign < 0 || n > MostFactorial)
        {
            throw new NoValueException("a factorial out of range");
        }

        BigInteger product = 1;
        for (int k = 2; k <= (int)n; k++)
        {
            budget.Take();
            product *= k;
        }

        return Whole(product);
    }

    private Quantity Binomial(BigInteger n, BigInteger k)
    {
        if (k.Sign < 0 || n.Sign < 0 || k > MostTerms || n.GetBitLength() > 64)
        {
            throw new NoValueException("a binomial out of range");
        }

        BigInteger product = 1;
        for (int j = 1; j <= (int)k; j++)
        {
            budget.Take();
            product = product * (n - j + 1) / j;
        }

        return Whole(product);
    }

    private static Quantity Divisor(string name, BigInteger a, BigInteger b)
    {
        BigInteger divisor = BigInteger.GreatestCommonDivisor(a, b);
        return Whole(name == "gcd" ? divisor : divisor.IsZero ? BigInteger.Zero : BigInteger.Abs(a / divisor * b));
    }

    // A power of a rational base has an exact logarithm.
    private static Quantity Logarithm(Quantity x, Quantity radix)
    {
        BigComplex quotient = BigComplex.Ln(x.Value) / BigComplex.Ln(radix.Value);
        return new Quantity(quotient);
    }

    private Quantity Sum(Series series)
    {
        if (series.Kind == "lim")
        {
            return At(series, Value(series.From));
        }

        Quantity from = Value(series.From), to = Value(series.To!);
        if (series.Kind == "int")
        {
            return Integral(series, from, to);
        }

        BigInteger first = Integer(from), last = Integer(to);
        if (last - first >= MostTerms)
        {
            throw new NoValueException("too many terms");
        }

        Quantity result = Whole(series.Kind == "sum" ? 0 : 1);
        for (BigInteger k = first; k <= last; k++)
        {
            Quantity term = At(series, Whole(k));
            result = series.Kind == "sum" ? result + term : result * term;
            budget.Take(result.ExactBits / 100);
        }

        return result;
    }

    private Quantity At(Series series, Quantity value)
    {
        bool shadows = _bound.TryGetValue(series.Variable, out Quantity? outer);
        _bound[series.Variable] = value;
        try
        {
            return Value(series.Body);
        }
        finally
        {
            _bound.Remove(series.Variable);
            if (shadows)
            {
                _bound[series.Variable] = outer!;
            }
        }
    }

    // Of polynomials of degree below Knots: Newton's form through equidistant points, exact as long as the integrand is. Two more points must lie on it.
    private Quantity Integral(Series series, Quantity from, Quantity to)
    {
        const int Knots = 14;
        Quantity[] differences = new Quantity[Knots + 2];
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = At(series, Whole(i));
        }

        for (int order = 1; order < differences.Length; order++)
        {
            for (int i = differences.Length - 1; i >= order; i--)
            {
                differences[i] = (differences[i] - differences[i - 1]) / Whole(order);
            }
        }

        if (!IsNothing(differences[Knots]) || !IsNothing(differences[Knots + 1]))
        {
            throw new NoValueException("the integrand is no polynomial");
        }

        // Sum of differences[k] x (x-1) ... (x-k+1), as coefficients of powers.
        BigInteger[] basis = [1];
        Quantity integral = Whole(0);
        for (int k = 0; k < Knots; k++)
        {
            for (int power = 0; power < basis.Length; power++)
            {
                Quantity step = Whole(power + 1);
                integral += differences[k] * Whole(basis[power]) * (Quantity.Pow(to, step) - Quantity.Pow(from, step)) / step;
            }

            BigInteger[] next = new BigInteger[basis.Length + 1];
            for (int power = 0; power < basis.Length; power++)
            {
                next[power + 1] += basis[power];
                next[power] -= k * basis[power];
            }

            basis = next;
        }

        return integral;
    }

    private static bool IsNothing(Quantity q) => q.Exact?.IsZero ?? BigFloat.Agree(q.Value.Abs(), BigFloat.Zero);
}
