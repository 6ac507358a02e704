using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Razum.Text.Jinja;

/// <summary>Expressions from tokens, with the precedence of Jinja: a sign binds tighter than <c>**</c> and than a filter behind it.</summary>
internal sealed class JinjaExpressionParser(List<JinjaToken> tokens)
{
    /// <summary>Expressions (and blocks) inside each other; each costs several frames of stack.</summary>
    public const int MaxDepth = 150;

    private const int MaxChain = 1000; // operators of one rank in a row: they nest when they are evaluated

    private int _depth;

    /// <summary>The index of the current token.</summary>
    public int At { get; set; }

    private JinjaToken Token => tokens[At];

    public Expression ParseExpression() => ParseConditional();

    /// <summary>One expression, or several parted by commas as a tuple.</summary>
    public Expression ParseTuple(bool withConditional = true, bool inParentheses = false)
    {
        int position = Token.Position;
        var items = new List<Expression>();
        bool isTuple = false;
        while (!EndsTuple())
        {
            items.Add(withConditional ? ParseConditional() : ParseOr());
            if (!Token.IsOperator(","))
            {
                break;
            }

            isTuple = true;
            At++;
        }

        if (isTuple || (items.Count == 0 && inParentheses))
        {
            return new TupleExpression(position, items);
        }

        return items.Count == 1 ? items[0] : throw new JinjaFault($"Expected an expression, got '{Token.Description}'", Token.Position);
    }

    /// <summary>What a value is given to: names, tuples of them, perhaps a field of a namespace.</summary>
    public Expression ParseTarget(bool withNamespace)
    {
        Enter();
        int position = Token.Position;
        var items = new List<Expression>();
        bool isTuple = false;
        do
        {
            if (items.Count > 0 && (Token.IsName("in") || Token.IsOperator("=") || Token.IsOperator(")") || Token.Kind == JinjaTokenKind.BlockEnd))
            {
                break;
            }

            items.Add(ParseTargetItem(withNamespace));
            isTuple |= Token.IsOperator(",");
        }
        while (Skip(","));
        _depth--;
        return isTuple ? new TupleExpression(position, items) : items[0];
    }

    /// <summary>The parameters of a macro in parentheses.</summary>
    public List<(string Name, Expression? Otherwise)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        ExpectOperator("(");
        while (!Token.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            JinjaToken name = ExpectName();
            Expression? otherwise = Skip("=") ? ParseExpression() : null;
            if (otherwise is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
            {
                throw new JinjaFault("non-default argument follows default argument", name.Position);
            }

            parameters.Add((name.Text, otherwise));
        }

        At++;
        return parameters;
    }

    public JinjaToken ExpectName()
    {
        JinjaToken token = Token;
        if (token.Kind != JinjaTokenKind.Name)
        {
            throw new JinjaFault($"expected token 'name', got '{token.Description}'", token.Position);
        }

        At++;
        return token;
    }

    public JinjaToken ExpectOperator(string text)
    {
        JinjaToken token = Token;
        if (!token.IsOperator(text))
        {
            throw new JinjaFault($"expected token '{text}', got '{token.Description}'", token.Position);
        }

        At++;
        return token;
    }

    /// <summary>Filters in a row; <paramref name="startsInside"/>: the first one has no bar before it.</summary>
    public Expression? ParseFilters(Expression? target, bool startsInside)
    {
        for (int n = 0; startsInside || Token.IsOperator("|"); n++)
        {
            Limit(n);
            At += startsInside ? 0 : 1;
            startsInside = false;
            int position = Token.Position;
            string name = ParseDottedName();
            target = new Filter(position, target, name, Token.IsOperator("(") ? ParseArguments() : new ArgumentExpressions([], [], null, null));
        }

        return target;
    }

    private Expression ParseTargetItem(bool withNamespace)
    {
        if (Skip("("))
        {
            Expression inner = ParseTarget(withNamespace: false);
            ExpectOperator(")");
            return inner;
        }

        JinjaToken name = ExpectName();
        if (name.Text is "true" or "false" or "none" or "True" or "False" or "None")
        {
            throw new JinjaFault($"can't assign to '{name.Text}'", name.Position);
        }

        return withNamespace && Skip(".") ? new NamespaceField(name.Position, name.Text, ExpectName().Text) : new Name(name.Position, name.Text);
    }

    private bool EndsTuple() => Token.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd || Token.IsOperator(")") || Token.IsName("recursive");

    private bool Skip(string text)
    {
        bool found = Token.IsOperator(text);
        At += found ? 1 : 0;
        return found;
    }

    private bool SkipName(string text)
    {
        bool found = Token.IsName(text);
        At += found ? 1 : 0;
        return found;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new JinjaFault($"expressions are nested more than {MaxDepth} deep", Token.Position);
        }
    }

    private void Limit(int count)
    {
        if (count > MaxChain)
        {
            throw new JinjaFault($"more than {MaxChain} operators in a row", Token.Position);
        }
    }

    private Expression ParseConditional()
    {
        Enter();
        int position = Token.Position;
        Expression expression = ParseOr();
        for (int n = 0; SkipName("if"); n++)
        {
            Limit(n);
            Expression test = ParseOr();
            Expression? otherwise = SkipName("else") ? ParseConditional() : null;
            expression = new Conditional(position, test, expression, otherwise);
        }

        _depth--;
        return expression;
    }

    private Expression ParseOr()
    {
        int position = Token.Position;
        Expression left = ParseAnd();
        for (int n = 0; SkipName("or"); n++)
        {
            Limit(n);
            left = new Logic(position, false, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        int position = Token.Position;
        Expression left = ParseNot();
        for (int n = 0; SkipName("and"); n++)
        {
            Limit(n);
            left = new Logic(position, true, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!Token.IsName("not"))
        {
            return ParseComparison();
        }

        Enter();
        int position = Token.Position;
        At++;
        var negated = new Unary(position, "not", ParseNot());
        _depth--;
        return negated;
    }

    private Expression ParseComparison()
    {
        int position = Token.Position;
        Expression first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Token.Kind == JinjaTokenKind.Operator && Token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                string sign = Token.Text;
                At++;
                rest.Add((sign, ParseSum()));
            }
            else if (SkipName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (Token.IsName("not") && tokens[At + 1].IsName("in"))
            {
                At += 2;
                rest.Add(("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(position, first, rest);
            }
        }
    }

    private Expression ParseSum() => ParseChain(() => ParseChain(() => ParseChain(() => ParseChain(() => ParseUnary(true), "**", "**"), "*", "/", "//", "%"), "~", "~"), "+", "-");

    private Expression ParseChain(Func<Expression> next, params ReadOnlySpan<string> signs)
    {
        Expression left = next();
        for (int n = 0; Token.Kind == JinjaTokenKind.Operator && signs.Contains(Token.Text); n++)
        {
            Limit(n);
            (string sign, int position) = (Token.Text, Token.Position);
            At++;
            left = new Arithmetic(position, sign, left, next());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        int position = Token.Position;
        Expression expression;
        if (Token.IsOperator("-") || Token.IsOperator("+"))
        {
            string sign = Token.Text;
            At++;
            Enter();
            expression = new Unary(position, sign, ParseUnary(false));
            _depth--;
        }
        else
        {
            expression = ParsePrimary();
        }

        expression = ParsePostfix(expression);
        return withFilters ? ParseFiltersAndTests(expression) : expression;
    }

    private Expression ParsePostfix(Expression expression)
    {
        for (int n = 0; ; n++)
        {
            Limit(n);
            int position = Token.Position;
            if (Skip("."))
            {
                JinjaToken name = Token;
                At++;
                expression = name.Kind switch
                {
                    JinjaTokenKind.Name => new AttributeAccess(name.Position, expression, name.Text),
                    JinjaTokenKind.Integer => new Subscript(name.Position, expression, new Constant(name.Position, Integer(name))),
                    _ => throw new JinjaFault("expected name or number", name.Position),
                };
            }
            else if (Skip("["))
            {
                expression = ParseSubscript(expression, position);
            }
            else if (Token.IsOperator("("))
            {
                expression = new Call(position, expression, ParseArguments());
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ParseSubscript(Expression target, int position)
    {
        var parts = new Expression?[3];
        int colons = 0;
        var items = new List<Expression>();
        while (!Token.IsOperator("]"))
        {
            if (Skip(":"))
            {
                if (++colons > 2)
                {
                    throw new JinjaFault("a slice has at most three parts", Token.Position);
                }
            }
            else if (Skip(","))
            {
                items.Add(parts[0] ?? throw new JinjaFault("expected subscript expression", Token.Position));
                parts[0] = null;
            }
            else
            {
                parts[colons] = parts[colons] is null ? ParseExpression() : throw new JinjaFault($"expected token ']', got '{Token.Description}'", Token.Position);
            }
        }

        At++;
        if (colons > 0)
        {
            return new SliceAccess(position, target, parts[0], parts[1], parts[2]);
        }

        Expression index = parts[0] ?? (items.Count > 0 ? new Constant(position, null) : throw new JinjaFault("expected subscript expression", position));
        return new Subscript(position, target, items.Count == 0 ? index : new TupleExpression(position, [.. items, index]));
    }

    private Expression ParseFiltersAndTests(Expression expression)
    {
        for (int n = 0; ; n++)
        {
            Limit(n);
            if (Token.IsOperator("|"))
            {
                expression = ParseFilters(expression, startsInside: false)!;
            }
            else if (Token.IsName("is"))
            {
                At++;
                expression = ParseTest(expression);
            }
            else if (Token.IsOperator("("))
            {
                expression = new Call(Token.Position, expression, ParseArguments());
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ParseTest(Expression target)
    {
        int position = Token.Position;
        bool isNegated = SkipName("not");
        string name = ParseDottedName();
        var arguments = new ArgumentExpressions([], [], null, null);
        if (Token.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (Token.Kind is JinjaTokenKind.Text or JinjaTokenKind.Integer or JinjaTokenKind.Float || Token.IsOperator("[") || Token.IsOperator("{")
            || (Token.Kind == JinjaTokenKind.Name && Token.Text is not ("else" or "or" or "and")))
        {
            if (Token.IsName("is"))
            {
                throw new JinjaFault("You cannot chain multiple tests with is", Token.Position);
            }

            if (Token.Kind != JinjaTokenKind.Name || Token.Text is not ("in" or "not" or "if" or "recursive"))
            {
                arguments.Positional.Add(ParsePostfix(ParsePrimary()));
            }
        }

        var test = new Test(position, target, name, arguments);
        return isNegated ? new Unary(position, "not", test) : test;
    }

    private string ParseDottedName()
    {
        string name = ExpectName().Text;
        while (Skip("."))
        {
            name += "." + ExpectName().Text;
        }

        return name;
    }

    private ArgumentExpressions ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? rest = null, namedRest = null;
        ExpectOperator("(");
        for (bool first = true; !Token.IsOperator(")"); first = false)
        {
            if (!first)
            {
                ExpectOperator(",");
                if (Token.IsOperator(")"))
                {
                    break;
                }
            }

            int position = Token.Position;
            if (Skip("*"))
            {
                rest = rest is null && namedRest is null ? ParseExpression() : throw new JinjaFault("invalid syntax for function call expression", position);
            }
            else if (Skip("**"))
            {
                namedRest = namedRest is null ? ParseExpression() : throw new JinjaFault("invalid syntax for function call expression", position);
            }
            else if (Token.Kind == JinjaTokenKind.Name && tokens[At + 1].IsOperator("="))
            {
                string name = Token.Text;
                At += 2;
                named.Add((name, ParseExpression()));
            }
            else
            {
                positional.Add(named.Count == 0 && rest is null && namedRest is null ? ParseExpression()
                    : throw new JinjaFault("invalid syntax for function call expression", position));
            }
        }

        At++;
        return new ArgumentExpressions(positional, named, rest, namedRest);
    }

    private Expression ParsePrimary()
    {
        JinjaToken token = Token;
        At++;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.Position, true),
                    "false" or "False" => new Constant(token.Position, false),
                    "none" or "None" => new Constant(token.Position, null),
                    _ => new Name(token.Position, token.Text),
                };
            case JinjaTokenKind.Text:
                string text = token.Text;
                for (; Token.Kind == JinjaTokenKind.Text; At++)
                {
                    text += Token.Text;
                }

                return new Constant(token.Position, text);
            case JinjaTokenKind.Integer:
                return new Constant(token.Position, Integer(token));
            case JinjaTokenKind.Float:
                return new Constant(token.Position, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case JinjaTokenKind.Operator when token.Text == "(":
                Enter();
                Expression inner = ParseTuple(inParentheses: true);
                ExpectOperator(")");
                _depth--;
                return inner;
            case JinjaTokenKind.Operator when token.Text == "[":
                return ParseList(token.Position);
            case JinjaTokenKind.Operator when token.Text == "{":
                return ParseDict(token.Position);
            default:
                At--;
                throw new JinjaFault(token.Kind is JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd
                    ? $"Expected an expression, got '{token.Description}'" : $"unexpected '{token.Description}'", token.Position);
        }
    }

    private ListExpression ParseList(int position)
    {
        var items = new List<Expression>();
        while (!Token.IsOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (Token.IsOperator("]"))
                {
                    break;
                }
            }

            items.Add(ParseExpression());
        }

        At++;
        return new ListExpression(position, items);
    }

    private DictExpression ParseDict(int position)
    {
        var items = new List<(Expression, Expression)>();
        while (!Token.IsOperator("}"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (Token.IsOperator("}"))
                {
                    break;
                }
            }

            Expression key = ParseExpression();
            ExpectOperator(":");
            items.Add((key, ParseExpression()));
        }

        At++;
        return new DictExpression(position, items);
    }

    private static object Integer(JinjaToken token)
    {
        string text = token.Text;
        if (text.Length > 1000)
        {
            throw new JinjaFault("a number of more than 1000 digits", token.Position);
        }

        try
        {
            return PythonNumbers.Small(text.Length > 1 && char.IsAsciiLetter(text[1])
                ? char.ToLowerInvariant(text[1]) switch
                {
                    'x' => BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    'b' => BigInteger.Parse("0" + text[2..], NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture),
                    _ => text[2..].Aggregate(BigInteger.Zero, (value, digit) => digit <= '7' ? (value * 8) + (digit - '0') : throw new FormatException()),
                }
                : BigInteger.Parse(text, CultureInfo.InvariantCulture));
        }
        catch (FormatException)
        {
            throw new JinjaFault($"{text} is no number", token.Position);
        }
    }
}
