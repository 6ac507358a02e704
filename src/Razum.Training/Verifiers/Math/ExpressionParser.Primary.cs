using System.Numerics;

namespace Razum.Training.Verifiers.Math;

/// <summary>The parts of products: numbers, letters, brackets, functions, matrices, with their powers and indices.</summary>
internal sealed partial class ExpressionParser
{
    private const string FunctionLetters = "fghFGHWPQT";

    private bool StartsFactor()
    {
        Token token = Current;
        if (_inIntegral && token is { Kind: TokenKind.Letter, Text: "d" } && _at + 1 < _tokens.Count && _tokens[_at + 1].Kind == TokenKind.Letter)
        {
            return false;
        }

        return token.Kind is TokenKind.Number or TokenKind.Letter or TokenKind.Function or TokenKind.Begin
            || token.IsAny("([{⟨⌊⌈") || (token.Is('|') && _bars == 0);
    }

    private Node ReadFactor()
    {
        Enter();
        Node node;
        if (Current.IsAny("+-"))
        {
            bool minus = Current.Is('-');
            _at++;
            node = ReadFactor();
            node = minus ? Negate(node) : node;
        }
        else
        {
            node = ReadPostfix(ReadPrimary());
        }

        _depth--;
        return node;
    }

    // Powers, indices, !, degrees, %.
    private Node ReadPostfix(Node node)
    {
        for (int depth = 0; ; depth++)
        {
            if (depth > MaxDepth)
            {
                throw new NoValueException("nested too deeply");
            }

            if (Take('^'))
            {
                node = ReadPower(node);
            }
            else if (Current.Is('_') && node is Literal { IsDecimal: false, Value.IsInteger: true } digits)
            {
                _at++;
                node = InBase(digits.Value.Numerator, ReadArgument());
            }
            else if (Take('!'))
            {
                node = new Call("factorial", node);
            }
            else if (Take('°'))
            {
                node = new Call("degree", node);
            }
            else if (Take('%'))
            {
                node = new Call("percent", node);
            }
            else
            {
                return node;
            }
        }
    }

    private Node ReadPower(Node node)
    {
        if (Take('°'))
        {
            return new Call("degree", node);
        }

        if (Current.Is('{') && _at + 2 < _tokens.Count && _tokens[_at + 1].Is('°') && _tokens[_at + 2].Is('}'))
        {
            _at += 3;
            return new Call("degree", node);
        }

        if (Take('\''))
        {
            return node;
        }

        return new Call("^", node, ReadArgument(wholeNumber: true));
    }

    // 204_5: digits in a base; an index that is none makes it a name.
    private static Node InBase(BigInteger digits, Node index)
    {
        if (index is not Literal { Value: { IsInteger: true } radix } || radix.Numerator < 2 || radix.Numerator > 36)
        {
            return new Application($"{digits}", [index]);
        }

        BigInteger value = 0;
        foreach (char c in digits.ToString())
        {
            if (c - '0' >= radix.Numerator)
            {
                return new Application($"{digits}", [index]);
            }

            value = (value * radix.Numerator) + (c - '0');
        }

        return new Literal(value);
    }

    // What a command or an operator applies to: a group in braces, or one token. Of several digits \frac takes one, powers and roots take all.
    private Node ReadArgument(bool wholeNumber = false)
    {
        if (Current is { Kind: TokenKind.Number } number)
        {
            if (wholeNumber || number.Text.Length == 1 || !number.Text.All(char.IsAsciiDigit))
            {
                _at++;
                return Number(number);
            }

            _tokens[_at] = new Token(TokenKind.Number, number.Text[1..], number.IsDecimal);
            return Number(new Token(TokenKind.Number, number.Text[..1]));
        }

        Enter();
        Node node = Current.IsAny("+-") ? ReadFactor() : ReadPrimary();
        _depth--;
        return node;
    }

    private Node ReadPrimary()
    {
        Token token = Current;
        _at++;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return Number(token);
            case TokenKind.Letter:
                return ReadLetter(token.Text);
            case TokenKind.Function:
                return ReadFunction(token.Text);
            case TokenKind.Text:
                return ReadWords(token.Text);
            case TokenKind.Begin:
                return ReadMatrix(token.Text);
            case TokenKind.Sign:
                return ReadBracket(token.Text[0]);
            default:
                throw new NoValueException(token.Kind == TokenKind.Nothing ? "the answer ends too early" : $"unexpected '{token.Text}'");
        }
    }

    private static Node ReadWords(string text)
    {
        string words = text.Replace('~', ' ').Trim();
        return words.Length > 0 && words.All(char.IsAsciiDigit) ? Number(new Token(TokenKind.Number, words)) : new Words(words);
    }

    private Node ReadLetter(string name)
    {
        while (Take('\''))
        {
            name += "'";
        }

        if (Take('_'))
        {
            Node index = Current.Kind == TokenKind.Text ? new Words(_tokens[_at++].Text.Trim()) : ReadArgument(wholeNumber: true);
            return FunctionLetters.Contains(name[0], StringComparison.Ordinal) && Current.Is('(')
                ? new Application(name, [index, .. ReadArguments()])
                : new Application(name, [index]);
        }

        return name switch
        {
            "emptyset" => new Collection(CollectionKind.Set, []),
            "mathbb R" => new Range(Infinity(-1), Infinity(1), true, true),
            _ when FunctionLetters.Contains(name[0], StringComparison.Ordinal) && name.TrimEnd('\'').Length == 1 && Current.Is('(') => new Application(name, ReadArguments()),
            _ => new Symbol(name),
        };
    }

    private IReadOnlyList<Node> ReadArguments()
    {
        Expect('(');
        Node list = ReadList(CollectionKind.Tuple);
        Expect(')');
        return ((Collection)list).Items;
    }

    private static Node Infinity(int sign) => sign > 0 ? new Symbol("infty") : new Call("neg", new Symbol("infty"));

    private Node ReadBracket(char open)
    {
        switch (open)
        {
            case '{':
                Node group = Take('}') ? throw new NoValueException("an empty group") : ReadInside(null);
                Expect('}');
                return group;
            case '⟨':
                return ReadSet();
            case '(' or '[':
                return ReadRound(open);
            case '|':
                _bars++;
                Node inside = ReadList(null);
                _bars--;
                Expect('|');
                return new Call("abs", inside);
            case '⌊' or '⌈':
                Node rounded = ReadInside(null);
                Expect(open == '⌊' ? '⌋' : '⌉');
                return new Call(open == '⌊' ? "floor" : "ceil", rounded);
            default:
                throw new NoValueException($"unexpected '{open}'");
        }
    }

    // A list inside brackets, where a bar opens again.
    private Node ReadInside(CollectionKind? kind)
    {
        (int bars, bool integral) = (_bars, _inIntegral);
        (_bars, _inIntegral) = (0, false);
        Node node = ReadList(kind);
        (_bars, _inIntegral) = (bars, integral);
        return node;
    }

    // {1, 2}, {}, or {x | x > 2} and {x : x > 2}, which are the relation.
    private Node ReadSet()
    {
        if (Take('⟩'))
        {
            return new Collection(CollectionKind.Set, []);
        }

        int bars = _bars;
        _bars = 1; // the bar of "such that" opens nothing
        var set = (Collection)ReadList(CollectionKind.Set);
        _bars = bars;
        Node result = set;
        if (set.Items is [_] && Take('|'))
        {
            result = ReadList(null);
        }
        else if (set.Items is [Relation relation] && relation.Sides[0] is Call { Name: "ratio", Arguments: [_, var first] })
        {
            result = new Relation([first, .. relation.Sides.Skip(1)], relation.Operators); // x : x > 2 was read as a ratio
        }

        Expect('⟩');
        return result == (Node)set || result is Relation ? result : throw new NoValueException("a set by a property that is no relation");
    }

    // (1, 2) is a tuple or an open interval, [1, 2) an interval, [1, 2, 3] a tuple, (x) x.
    private Node ReadRound(char open)
    {
        var inside = (Collection)ReadInside(CollectionKind.Tuple);
        char close = Current.IsAny(")]") ? Current.Text[0] : throw new NoValueException("an open bracket");
        _at++;
        return inside.Items switch
        {
            [var item] => item,
            [var low, var high] when open == '[' || close == ']' => new Range(low, high, open == '(', close == ')'),
            _ => inside,
        };
    }

    private Node ReadMatrix(string environment)
    {
        Enter();
        if (environment == "array" && Take('{'))
        {
            SkipTo('}');
        }

        List<List<Node>> rows = [[]];
        while (Current.Kind is not (TokenKind.End or TokenKind.Nothing))
        {
            if (Take('\\'))
            {
                rows.Add([]);
            }
            else if (!Take('&') && !(Current is { Kind: TokenKind.Letter, Text: "hline" } && ++_at > 0))
            {
                rows[^1].Add(ReadSum());
            }
        }

        _at++;
        _depth--;
        rows.RemoveAll(r => r.Count == 0);
        return rows.Count > 0 && rows.TrueForAll(r => r.Count == rows[0].Count)
            ? environment == "vmatrix" ? throw new NoValueException("a determinant") : new Matrix([.. rows])
            : throw new NoValueException("a matrix with rows of different length");
    }
}
