using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>Functions and their arguments, which need no brackets, and series.</summary>
internal sealed partial class ExpressionParser
{
    private static readonly Literal s_ten = new((Rational)(BigInteger)10);

    private Node ReadFunction(string name)
    {
        switch (name)
        {
            case "frac":
                Node top = ReadArgument();
                return new Call("/", top, ReadArgument());
            case "binom":
                Node from = ReadArgument();
                return new Call("binom", from, ReadArgument());
            case "sqrt":
                return ReadRoot();
            case "sum" or "prod" or "int" or "lim":
                return ReadSeries(name);
            case "min" or "max" or "gcd" or "lcm":
                return new Call(name, ReadArguments().ToArray());
            default:
                return ReadNamed(name);
        }
    }

    private Node ReadRoot()
    {
        Node? degree = null;
        if (Take('['))
        {
            degree = ReadSum();
            Expect(']');
        }

        Node inside = ReadArgument(wholeNumber: true);
        return degree is null ? new Call("sqrt", inside) : new Call("root", inside, degree);
    }

    // sin^2 x, sin^{-1} x, log_2 8, ln(9), sin 2x cos y.
    private Node ReadNamed(string name)
    {
        Node? power = null, radix = null;
        for (int i = 0; i < 2; i++)
        {
            if (Take('^'))
            {
                power = ReadArgument(wholeNumber: true);
            }
            else if (Take('_'))
            {
                radix = ReadArgument(wholeNumber: true);
            }
        }

        if (power is Literal { Value: { IsInteger: true } minusOne } && minusOne.Numerator == BigInteger.MinusOne && name is "sin" or "cos" or "tan")
        {
            (name, power) = ("a" + name, null);
        }

        Node argument = ReadNamedArgument();
        Node node = name == "log" ? new Call("log", argument, radix ?? s_ten) : new Call(name, argument);
        return power is null ? node : new Call("^", node, power);
    }

    // One bracket, or all factors up to the next function or operator.
    private Node ReadNamedArgument()
    {
        if (Current.IsAny("({|[") || Current.Kind == TokenKind.Function)
        {
            return Current.Is('{') ? ReadPostfix(ReadPrimary()) : Current.Is('(') ? ReadPrimary() : ReadFactor();
        }

        List<Node> factors = [ReadFactor()];
        while (Current.Kind is TokenKind.Letter or TokenKind.Number && StartsFactor())
        {
            factors.Add(ReadFactor());
        }

        return Product(factors);
    }

    // \sum_{i=1}^{3} i, \int_0^1 x^2 dx, \lim_{x \to 0} 3.
    private Node ReadSeries(string kind)
    {
        Node? low = null, high = null, target = null;
        for (int i = 0; i < 2; i++)
        {
            if (Take('_'))
            {
                low = kind == "lim" ? ReadTarget(out target) : ReadArgument(wholeNumber: true);
            }
            else if (Take('^'))
            {
                high = ReadArgument(wholeNumber: true);
            }
        }

        if (kind == "int")
        {
            return ReadIntegral(low, high);
        }

        if (kind == "lim")
        {
            return low is Symbol variable && target is not null ? new Series(kind, variable.Name, target, null, ReadProduct()) : throw new NoValueException("a limit of nothing");
        }

        return low is Relation { Operators: ['='], Sides: [Symbol index, var first] } && high is not null
            ? new Series(kind, index.Name, first, high, ReadProduct())
            : throw new NoValueException("a series without bounds");
    }

    private Node ReadTarget(out Node target)
    {
        Expect('{');
        Node variable = ReadPrimary();
        Expect('→');
        target = ReadSum();
        while (Current.Kind != TokenKind.Nothing && !Current.Is('}'))
        {
            _at++; // the side it comes from
        }

        Expect('}');
        return variable;
    }

    private Node ReadIntegral(Node? low, Node? high)
    {
        bool outer = _inIntegral;
        _inIntegral = true;
        Node body = ReadSum();
        _inIntegral = outer;
        bool closes = Current is { Kind: TokenKind.Letter, Text: "d" } && _at + 1 < _tokens.Count && _tokens[_at + 1].Kind == TokenKind.Letter;
        if (!closes || low is null || high is null)
        {
            throw new NoValueException("an integral without bounds");
        }

        string variable = _tokens[_at + 1].Text;
        _at += 2;
        return new Series("int", variable, low, high, body);
    }
}
