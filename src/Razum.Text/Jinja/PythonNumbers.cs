using System.Numerics;

namespace Razum.Text.Jinja;

/// <summary>Numbers: integers of any size (to 4096 bits), floats, True as 1.</summary>
internal static class PythonNumbers
{
    private const long MaxBits = 4096;

    public static double AsDouble(object value) => value switch
    {
        double number => number,
        BigInteger number => (double)number,
        bool flag => flag ? 1 : 0,
        _ => (long)value,
    };

    public static BigInteger AsInteger(object value) => value switch
    {
        BigInteger number => number,
        bool flag => flag ? 1 : 0,
        _ => (long)value,
    };

    /// <summary>An integer as <c>long</c> where it fits.</summary>
    public static object Small(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>A float cut to an integer.</summary>
    public static object Truncate(double value) =>
        double.IsFinite(value) ? Small(new BigInteger(Math.Truncate(value))) : throw new JinjaFault("cannot convert float infinity or NaN to integer");

    public static object Negate(object value) => value is double number ? -number : Small(-AsInteger(value));

    public static object Binary(string sign, object left, object right)
    {
        bool isFloat = left is double || right is double || sign == "/" || (sign == "**" && AsInteger(right).Sign < 0);
        return isFloat ? Floats(sign, AsDouble(left), AsDouble(right)) : Integers(sign, AsInteger(left), AsInteger(right));
    }

    private static object Floats(string sign, double a, double b)
    {
        if (b == 0 && sign is "/" or "//" or "%")
        {
            throw new JinjaFault(sign == "/" ? "division by zero" : "float floor division by zero");
        }

        return sign switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - (b * Math.Floor(a / b)),
            _ => Math.Pow(a, b),
        };
    }

    private static object Integers(string sign, BigInteger a, BigInteger b)
    {
        if (b.IsZero && sign is "//" or "%")
        {
            throw new JinjaFault("integer modulo by zero");
        }

        if (sign == "**" && (b > MaxBits || a.GetBitLength() * b > MaxBits) && !a.IsZero && !a.IsOne)
        {
            throw new JinjaFault($"a number has more than {MaxBits} bits");
        }

        BigInteger result = sign switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "//" => FloorDivide(a, b),
            "%" => a - (b * FloorDivide(a, b)),
            _ => a.IsZero && b.IsZero ? 1 : a.IsOne || a.IsZero ? a : BigInteger.Pow(a, (int)b),
        };
        return result.GetBitLength() <= MaxBits ? Small(result) : throw new JinjaFault($"a number has more than {MaxBits} bits");
    }

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger rest);
        return !rest.IsZero && (rest.Sign < 0) != (b.Sign < 0) ? quotient - 1 : quotient;
    }
}
