using System.Globalization;
using System.Numerics;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Reads an answer by recursive descent: lists of relations of sets of sums. This file has the levels from the whole answer down to products;
/// what stands between operators is in the other part.
/// </summary>
internal sealed partial class ExpressionParser
{
    /// <summary>Deepest nesting that is read.</summary>
    public const int MaxDepth = 80;

    private const string Relations = "=≠<>≤≥∈≈";

    private readonly List<Token> _tokens;
    private readonly StepBudget _budget;
    private int _at;
    private int _depth;
    private int _bars; // open absolute values: there a bar closes
    private bool _inIntegral;

    private ExpressionParser(List<Token> tokens, StepBudget budget) => (_tokens, _budget) = (tokens, budget);

    private Token Current => _at < _tokens.Count ? _tokens[_at] : new Token(TokenKind.Nothing, "");

    /// <summary>Reads all of <paramref name="text"/>.</summary>
    /// <exception cref="NoValueException">It is not an expression, or too large a one.</exception>
    public static Node Parse(string text, StepBudget budget)
    {
        List<Token> tokens = Lexer.Read(text);
        int last = tokens.FindLastIndex(t => t.Is('⇒'));
        if (last >= 0)
        {
            tokens.RemoveRange(0, last + 1); // of a chain of conclusions the last is the answer
        }

        ExpressionParser parser = new(LastRow(tokens), budget);
        Node node = parser.ReadList(null);
        return parser.Current.Kind == TokenKind.Nothing ? node : throw new NoValueException($"unexpected '{parser.Current.Text}'");
    }

    // Aligned equations: the last row that is not empty, without the marks of alignment. Rows of a matrix stay.
    private static List<Token> LastRow(List<Token> tokens)
    {
        tokens.RemoveAll(t => t.Kind is TokenKind.Begin or TokenKind.End && !IsMatrix(t.Text));
        int depth = 0;
        List<List<Token>> rows = [[]];
        foreach (Token token in tokens)
        {
            depth += token.Kind == TokenKind.Begin ? 1 : token.Kind == TokenKind.End ? -1 : 0;
            if (depth == 0 && token.Is('\\'))
            {
                rows.Add([]);
            }
            else if (depth != 0 || !token.Is('&'))
            {
                rows[^1].Add(token);
            }
        }

        return rows.FindLast(r => r.Count > 0) ?? [];
    }

    private static bool IsMatrix(string environment) => environment is "pmatrix" or "bmatrix" or "matrix" or "vmatrix" or "Bmatrix" or "array" or "smallmatrix";

    private bool Take(char sign)
    {
        bool found = Current.Is(sign);
        _at += found ? 1 : 0;
        return found;
    }

    private void Expect(char sign)
    {
        if (!Take(sign))
        {
            throw new NoValueException($"expected '{sign}'");
        }
    }

    private void Enter()
    {
        _budget.Take();
        if (++_depth > MaxDepth)
        {
            throw new NoValueException("nested too deeply");
        }
    }

    // list := relation ((',' | ';' | "and") relation)*. Groups of commas between semicolons are tuples.
    private Node ReadList(CollectionKind? kind)
    {
        Enter();
        List<List<Node>> groups = [[ReadRelation()]];
        while (true)
        {
            if (Current.IsAny(",;") || IsJoin(Current))
            {
                bool semicolon = Current.Is(';');
                while (Current.IsAny(",;") || IsJoin(Current))
                {
                    _at++;
                }

                if (IsEnd())
                {
                    break; // a trailing separator
                }

                if (semicolon)
                {
                    groups.Add([]);
                }

                groups[^1].Add(ReadRelation());
            }
            else
            {
                break;
            }
        }

        _depth--;
        bool plain = groups.Count == 1 || groups.TrueForAll(g => g.Count == 1);
        List<Node> items = plain ? [.. groups.SelectMany(g => g)] : [.. groups.Select(g => new Collection(CollectionKind.Tuple, g))];
        return items.Count == 1 && kind is null ? items[0] : new Collection(kind ?? CollectionKind.List, items);
    }

    private bool IsEnd() => Current.Kind is TokenKind.Nothing or TokenKind.End || Current.IsAny(")]}⟩\\&");

    // Words that join answers: "and", "or", with whatever else stands around them.
    private static bool IsJoin(Token token) => token.Kind == TokenKind.Text
        && token.Text.Split((char[])[' ', '~', '\\', ',', '.'], StringSplitOptions.RemoveEmptyEntries) is { Length: <= 8 } words
        && Array.Exists(words, w => w.ToLowerInvariant() is "and" or "or");

    // relation := union (op union)*
    private Node ReadRelation()
    {
        Take('='); // of an aligned equation the last row may hold the right side alone
        List<Node> sides = [ReadUnion()];
        List<char> operators = [];
        while (Current.IsAny(Relations))
        {
            operators.Add(Current.Text[0]);
            _at++;
            sides.Add(ReadUnion());
        }

        return operators.Count == 0 ? sides[0] : new Relation(sides, operators);
    }

    // union := ratio (('∪' | '∩' | '∖') ratio)*, ratio := sum (':' sum)?
    private Node ReadUnion()
    {
        Node node = ReadRatio();
        while (Current.IsAny("∪∩∖"))
        {
            char sign = Current.Text[0];
            _at++;
            Node right = ReadRatio();
            node = sign switch
            {
                '∪' when node is Collection { Kind: CollectionKind.Union } union => new Collection(CollectionKind.Union, [.. union.Items, right]),
                '∪' => new Collection(CollectionKind.Union, [node, right]),
                '∩' => Deep("intersection", node, right),
                _ => Deep("difference", node, right),
            };
        }

        return node;
    }

    private Node ReadRatio()
    {
        Node node = ReadSum();
        return Take(':') ? new Call("ratio", node, ReadSum()) : node;
    }

    // sum := sign? product (sign product)*
    private Node ReadSum()
    {
        Enter();
        List<Node> terms = [];
        Node? before = null;
        do
        {
            char sign = Current.IsAny("+-±∓") ? Current.Text[0] : '+';
            _at += Current.IsAny("+-±∓") ? 1 : 0;
            Node term = ReadProduct();
            if (sign is '±' or '∓')
            {
                before = terms.Count == 0 ? null : terms.Count == 1 ? terms[0] : new Call("+", terms.ToArray());
                terms = [new Call(sign == '±' ? "plusminus" : "minusplus", before ?? new Literal(BigInteger.Zero), term)];
            }
            else
            {
                terms.Add(sign == '-' ? Negate(term) : term);
            }
        }
        while (Current.IsAny("+-±∓"));
        _depth--;
        return terms.Count == 1 ? terms[0] : new Call("+", terms.ToArray());
    }

    private static Node Negate(Node node) => node is Literal literal ? literal with { Value = -BigInteger.One * literal.Value } : new Call("neg", node);

    // product := factor ((('*' | '/') factor) | factor)*, from the left: a/b c is (a/b) c.
    private Node ReadProduct()
    {
        List<Node> factors = [ReadFactor()];
        while (true)
        {
            _budget.Take();
            if (Current.IsAny("*/"))
            {
                char sign = Current.Text[0];
                _at++;
                Node right = ReadFactor();
                if (sign == '/')
                {
                    factors = [Deep("/", Product(factors), right)];
                }
                else
                {
                    factors.Add(right);
                }
            }
            else if (Current.Kind == TokenKind.Text && !IsJoin(Current))
            {
                SkipUnit();
            }
            else if (StartsFactor())
            {
                Node right = ReadFactor();
                if (IsMixed(factors, right))
                {
                    factors = [new Call("+", factors[0], right)];
                }
                else if (right is Literal && factors[^1] is Literal)
                {
                    if (right is Literal { Value: { IsInteger: true } } top && Current.Is('/') && _at + 1 < _tokens.Count && _tokens[_at + 1].Kind == TokenKind.Number)
                    {
                        _at++;
                        Node fraction = new Call("/", top, Number(_tokens[_at++]));
                        factors = IsMixed(factors, fraction) ? [new Call("+", factors[0], fraction)] : throw new NoValueException("two numbers side by side");
                        continue;
                    }

                    throw new NoValueException("two numbers side by side");
                }
                else
                {
                    factors.Add(right);
                }
            }
            else
            {
                return Product(factors);
            }
        }
    }

    private static Node Product(List<Node> factors) => factors.Count == 1 ? factors[0] : new Call("*", factors.ToArray());

    // A chain of divisions grows to the left; it must not grow deeper than recursion may go.
    private Node Deep(string name, Node left, Node right)
    {
        int depth = 0;
        for (Node? node = left; node is Call { Arguments: [var first, ..] }; node = first)
        {
            depth++;
        }

        return depth < MaxDepth ? new Call(name, left, right) : throw new NoValueException("nested too deeply");
    }

    // 3 1/2: a whole number and a fraction of whole numbers.
    private static bool IsMixed(List<Node> factors, Node right) =>
        factors is [Literal { IsDecimal: false, Value.IsInteger: true }]
        && right is Call { Name: "/", Arguments: [Literal { Value: { IsInteger: true, Numerator.Sign: > 0 } }, Literal { Value: { IsInteger: true, Numerator.Sign: > 0 } }] };

    // Words behind a value are its unit, with an exponent perhaps.
    private void SkipUnit()
    {
        _at++;
        if (Take('^') && (Take('{') ? SkipTo('}') : true))
        {
            _at += Current.Kind == TokenKind.Number ? 1 : 0;
        }
    }

    private bool SkipTo(char sign)
    {
        while (Current.Kind != TokenKind.Nothing && !Take(sign))
        {
            _at++;
        }

        return false;
    }

    private static Literal Number(Token token)
    {
        int e = token.Text.IndexOf('E', StringComparison.Ordinal);
        string digits = e < 0 ? token.Text : token.Text[..e];
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        BigInteger mantissa = BigInteger.Parse(digits.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        int power = (e < 0 ? 0 : int.Parse(token.Text[(e + 1)..], CultureInfo.InvariantCulture)) - (point < 0 ? 0 : digits.Length - point - 1);
        return int.Abs(power) <= 5000
            ? new Literal(power >= 0 ? mantissa * BigInteger.Pow(10, power) : new Rational(mantissa, BigInteger.Pow(10, -power)), token.IsDecimal)
            : throw new NoValueException("an exponent is out of range");
    }
}
