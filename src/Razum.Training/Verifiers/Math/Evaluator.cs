using System.Globalization;
using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>The value of an expression where its variables have the values of one point.</summary>
internal sealed partial class Evaluator(StepBudget budget, IReadOnlyDictionary<string, Quantity> point)
{
    private static readonly Quantity s_e = new(BigFloatFunctions.Exp(BigFloat.One));

    private readonly Dictionary<string, Quantity> _bound = new(StringComparer.Ordinal);
    private bool _radians; // inside a trigonometric function a degree is pi/180, elsewhere it is a unit

    /// <exception cref="NoValueException">It has no value.</exception>
    public Quantity Value(Node node)
    {
        budget.Take();
        Quantity value = node switch
        {
            Literal literal => new Quantity(literal.Value),
            Symbol symbol => Named(symbol.Name),
            Call call => Apply(call),
            Application unknown => Unknown(unknown),
            Series series => Sum(series),
            Collection { Kind: not CollectionKind.Set, Items: [var only] } => Value(only),
            _ => throw new NoValueException("no number"),
        };
        budget.Take(value.ExactBits / 100); // long numbers cost what they are long
        return value;
    }

    private Quantity Named(string name)
    {
        if (_bound.TryGetValue(name, out Quantity? bound) || point.TryGetValue(name, out bound))
        {
            return bound;
        }

        return name switch
        {
            "pi" => new Quantity(BigFloatFunctions.Pi),
            "e" => s_e,
            "i" => new Quantity(BigComplex.I),
            _ => throw new NoValueException($"{name} has no value"),
        };
    }

    private Quantity Apply(Call call)
    {
        IReadOnlyList<Node> a = call.Arguments;
        switch (call.Name)
        {
            case "+":
                return Fold(a, (x, y) => x + y);
            case "*":
                return Fold(a, (x, y) => x * y);
            case "neg":
                return -Value(a[0]);
            case "/":
                return Value(a[0]) / Value(a[1]);
            case "ratio":
                return Value(a[0]) / Value(a[1]);
            case "^":
                return Power(Value(a[0]), a[1]);
            case "percent":
                return Value(a[0]) / Whole(100);
            case "degree":
                return _radians ? new Quantity(Value(a[0]).Value * BigFloatFunctions.Pi / new BigFloat(180, 0)) : Value(a[0]);
            case "sqrt":
                return Quantity.Pow(Value(a[0]), new Quantity(new Rational(1, 2)));
            case "root":
                return Root(a[0], Value(a[1]));
            case "sin" or "cos" or "tan" or "cot" or "sec" or "csc":
                bool outer = _radians;
                _radians = true;
                Quantity angle = Value(a[0]);
                _radians = outer;
                budget.Take(200);
                return new Quantity(Trigonometric(call.Name, angle.Value));
            case "min" or "max":
                return Fold(a, (x, y) => Quantity.Compare(x, y) < 0 == (call.Name == "min") ? x : y);
            case "gcd" or "lcm":
                return Fold(a, (x, y) => Divisor(call.Name, Integer(x), Integer(y)));
            case "log":
                budget.Take(200);
                return Logarithm(Value(a[0]), Value(a[1]));
            case "binom":
                return Binomial(Integer(Value(a[0])), Integer(Value(a[1])));
            default:
                budget.Take(100);
                return Function(call.Name, Value(a[0]));
        }
    }

    private Quantity Fold(IReadOnlyList<Node> nodes, Func<Quantity, Quantity, Quantity> combine)
    {
        Quantity result = Value(nodes[0]);
        for (int i = 1; i < nodes.Count; i++)
        {
            result = combine(result, Value(nodes[i]));
        }

        return result;
    }

    private Quantity Power(Quantity number, Node exponent)
    {
        budget.Take(100);
        return Quantity.Pow(number, Value(exponent));
    }

    // An odd root of a negative constant is the real one; of an expression with variables the principal one, so that it equals the power 1/n.
    private Quantity Root(Node inside, Quantity degree)
    {
        Quantity number = Value(inside);
        if (degree.Exact is { IsInteger: true } n && !n.Numerator.IsEven && number.IsReal && FreeVariables.IsConstant(inside)
            && (number.Exact?.Numerator.Sign ?? number.Value.Re.Sign) < 0)
        {
            return -Quantity.Pow(-number, Whole(1) / degree);
        }

        return Quantity.Pow(number, Whole(1) / degree);
    }

    // A value for f(x) that depends on nothing but the name and the arguments.
    private Quantity Unknown(Application unknown)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in unknown.Name)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        foreach (Node argument in unknown.Arguments)
        {
            string text = argument is Words words ? words.Text : Text(Value(argument));
            foreach (char c in text)
            {
                hash = (hash ^ c) * 1099511628211;
            }
        }

        hash ^= hash >> 32;
        return new Quantity(new Rational(2 + (hash % int.MaxValue), 97));
    }

    private static string Text(Quantity q) => q.Exact?.ToString()
        ?? string.Create(CultureInfo.InvariantCulture, $"{(q.Value.Re * new BigFloat(1, 100)).ToFixed(0)}+{(q.Value.Im * new BigFloat(1, 100)).ToFixed(0)}i");

    private static Quantity Whole(BigInteger n) => new((Rational)n);

    private static BigInteger Integer(Quantity q) => q.Exact is { IsInteger: true } n ? n.Numerator : throw new NoValueException("not a whole number");
}
