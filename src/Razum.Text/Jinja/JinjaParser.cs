namespace Razum.Text.Jinja;

/// <summary>Statements of a template from its tokens. What the grammar allows but no template string can use (include, import, extends, block) is refused.</summary>
internal sealed class JinjaParser
{
    private readonly List<JinjaToken> _tokens;
    private readonly JinjaExpressionParser _expressions;
    private readonly Stack<string> _open = [];
    private int _at;

    private JinjaParser(List<JinjaToken> tokens)
    {
        _tokens = tokens;
        _expressions = new JinjaExpressionParser(tokens);
    }

    private JinjaToken Token => _tokens[_at];

    public static List<Statement> Parse(List<JinjaToken> tokens)
    {
        var parser = new JinjaParser(tokens);
        return parser.ParseBody([]);
    }

    // Statements up to a tag of one of the names, whose name is then the current token.
    private List<Statement> ParseBody(ReadOnlySpan<string> ends)
    {
        var body = new List<Statement>();
        while (true)
        {
            switch (Token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new DataStatement(Token.Text));
                    _at++;
                    break;
                case JinjaTokenKind.VariableBegin:
                    _at++;
                    body.Add(new PrintStatement(Expressions(p => p.ParseTuple())));
                    Expect(JinjaTokenKind.VariableEnd);
                    break;
                case JinjaTokenKind.BlockBegin:
                    _at++;
                    if (Token.Kind == JinjaTokenKind.Name && ends.Contains(Token.Text))
                    {
                        return body;
                    }

                    body.Add(ParseTag());
                    break;
                case JinjaTokenKind.End when ends.IsEmpty:
                    return body;
                default:
                    string tags = string.Join(" or ", ends.ToArray().Select(end => $"'{end}'"));
                    throw new JinjaFault($"Unexpected end of template. Jinja was looking for the following tags: {tags}. "
                        + $"The innermost block that needs to be closed is '{_open.Peek()}'.", Token.Position);
            }
        }
    }

    private T Expressions<T>(Func<JinjaExpressionParser, T> parse)
    {
        _expressions.At = _at;
        T result = parse(_expressions);
        _at = _expressions.At;
        return result;
    }

    private void Expect(JinjaTokenKind kind)
    {
        if (Token.Kind != kind)
        {
            string expected = kind == JinjaTokenKind.VariableEnd ? "end of print statement" : "end of statement block";
            throw new JinjaFault(Token.Kind == JinjaTokenKind.End ? $"unexpected end of template, expected '{expected}'."
                : $"expected token '{expected}', got '{Token.Description}'", Token.Position);
        }

        _at++;
    }

    private Statement ParseTag()
    {
        JinjaToken tag = Token;
        if (tag.Kind != JinjaTokenKind.Name)
        {
            throw new JinjaFault($"tag name expected, got '{tag.Description}'", tag.Position);
        }

        if (_open.Count >= JinjaExpressionParser.MaxDepth)
        {
            throw new JinjaFault($"blocks are nested more than {JinjaExpressionParser.MaxDepth} deep", tag.Position);
        }

        _at++;
        _open.Push(tag.Text);
        Statement statement = tag.Text switch
        {
            "if" => ParseIf(),
            "for" => ParseFor(),
            "set" => ParseSet(),
            "macro" => ParseMacro(),
            "call" => ParseCall(tag.Position),
            "filter" => ParseFilterBlock(),
            "with" => ParseWith(),
            "generation" => new GenerationStatement(ParseBlock("endgeneration")),
            "break" or "continue" => ParseBreak(tag),
            "include" or "import" or "from" or "extends" or "block" => throw new JinjaFault($"tag '{tag.Text}' needs other templates: not supported", tag.Position),
            _ => throw new JinjaFault($"Encountered unknown tag '{tag.Text}'.", tag.Position),
        };
        _open.Pop();
        return statement;
    }

    // The rest of a tag, then a body and its end tag.
    private List<Statement> ParseBlock(string end)
    {
        Expect(JinjaTokenKind.BlockEnd);
        List<Statement> body = ParseBody([end]);
        _at++;
        Expect(JinjaTokenKind.BlockEnd);
        return body;
    }

    private BreakStatement ParseBreak(JinjaToken tag)
    {
        if (!_open.Contains("for"))
        {
            throw new JinjaFault($"'{tag.Text}' outside of a loop", tag.Position);
        }

        Expect(JinjaTokenKind.BlockEnd);
        return new BreakStatement(tag.Text == "break" ? Flow.Break : Flow.Continue);
    }

    private IfStatement ParseIf()
    {
        var branches = new List<(Expression, List<Statement>)>();
        List<Statement> otherwise = [];
        while (true)
        {
            Expression test = Expressions(p => p.ParseTuple(withConditional: false));
            Expect(JinjaTokenKind.BlockEnd);
            branches.Add((test, ParseBody(["elif", "else", "endif"])));
            string tag = Token.Text;
            _at++;
            if (tag == "elif")
            {
                continue;
            }

            Expect(JinjaTokenKind.BlockEnd);
            if (tag == "else")
            {
                otherwise = ParseBody(["endif"]);
                _at++;
                Expect(JinjaTokenKind.BlockEnd);
            }

            return new IfStatement(branches, otherwise);
        }
    }

    private ForStatement ParseFor()
    {
        Expression target = Expressions(p => p.ParseTarget(withNamespace: false));
        if (!Token.IsName("in"))
        {
            throw new JinjaFault($"expected token 'in', got '{Token.Description}'", Token.Position);
        }

        _at++;
        Expression items = Expressions(p => p.ParseTuple(withConditional: false));
        Expression? condition = null;
        if (Token.IsName("if"))
        {
            _at++;
            condition = Expressions(p => p.ParseExpression());
        }

        bool isRecursive = Token.IsName("recursive");
        _at += isRecursive ? 1 : 0;
        Expect(JinjaTokenKind.BlockEnd);
        List<Statement> body = ParseBody(["endfor", "else"]), otherwise = [];
        bool hasElse = Token.Text == "else";
        _at++;
        Expect(JinjaTokenKind.BlockEnd);
        if (hasElse)
        {
            otherwise = ParseBody(["endfor"]);
            _at++;
            Expect(JinjaTokenKind.BlockEnd);
        }

        return new ForStatement(target, items, condition, isRecursive, body, otherwise);
    }

    private Statement ParseSet()
    {
        Expression target = Expressions(p => p.ParseTarget(withNamespace: true));
        if (Token.IsOperator("="))
        {
            _at++;
            Expression value = Expressions(p => p.ParseTuple());
            Expect(JinjaTokenKind.BlockEnd);
            return new SetStatement(target, value);
        }

        Filter? filter = Token.IsOperator("|") ? Expressions(p => p.ParseFilters(null, startsInside: false)) as Filter : null;
        return new SetBlockStatement(target, filter, ParseBlock("endset"));
    }

    private MacroStatement ParseMacro()
    {
        string name = Expressions(p => p.ExpectName()).Text;
        List<(string, Expression?)> parameters = Expressions(p => p.ParseParameters());
        return new MacroStatement(ParseDefinition(name, parameters, "endmacro"));
    }

    private MacroDefinition ParseDefinition(string name, List<(string, Expression?)> parameters, string end)
    {
        int from = _at;
        List<Statement> body = ParseBlock(end);
        IEnumerable<JinjaToken> tokens = _tokens.Skip(from).Take(_at - from);
        HashSet<string> names = [.. tokens.Where(t => t.Kind == JinjaTokenKind.Name).Select(t => t.Text)];
        return new MacroDefinition(name, parameters, body)
        {
            TakesMore = names.Contains("varargs"),
            TakesNamed = names.Contains("kwargs"),
            TakesCaller = names.Contains("caller"),
        };
    }

    private CallStatement ParseCall(int position)
    {
        List<(string, Expression?)> parameters = Token.IsOperator("(") ? Expressions(p => p.ParseParameters()) : [];
        if (Expressions(p => p.ParseExpression()) is not Call call)
        {
            throw new JinjaFault("expected call", position);
        }

        return new CallStatement(call, ParseDefinition("caller", parameters, "endcall"));
    }

    private FilterStatement ParseFilterBlock()
    {
        var filter = (Filter)Expressions(p => p.ParseFilters(null, startsInside: true))!;
        return new FilterStatement(filter, ParseBlock("endfilter"));
    }

    private WithStatement ParseWith()
    {
        var assignments = new List<(Expression, Expression)>();
        while (Token.Kind != JinjaTokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
            {
                Expressions(p => p.ExpectOperator(","));
            }

            Expression target = Expressions(p => p.ParseTarget(withNamespace: false));
            Expressions(p => p.ExpectOperator("="));
            assignments.Add((target, Expressions(p => p.ParseExpression())));
        }

        return new WithStatement(assignments, ParseBlock("endwith"));
    }
}
