namespace Razum.Text.Jinja;

internal sealed class Constant(int position, object? value) : Expression(position)
{
    public object? Value { get; } = value;

    public override object? Evaluate(JinjaRun run, JinjaScope scope) => Value;
}

internal sealed class Name(int position, string text) : Expression(position)
{
    public string Text { get; } = text;

    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        run.Position = Position;
        return scope.TryGet(Text, out object? value) ? value : new Undefined($"'{Text}' is undefined");
    }
}

internal sealed class ListExpression(int position, List<Expression> items) : Expression(position)
{
    public List<Expression> Items { get; } = items;

    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Take(Items.Count + 1);
        return Items.ConvertAll(item => item.Evaluate(run, scope));
    }
}

internal sealed class TupleExpression(int position, List<Expression> items) : Expression(position)
{
    public List<Expression> Items { get; } = items;

    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Take(Items.Count + 1);
        return new TupleValue([.. Items.Select(item => item.Evaluate(run, scope))]);
    }
}

internal sealed class DictExpression(int position, List<(Expression Key, Expression Value)> items) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Take(items.Count + 1);
        var dict = new DictValue();
        foreach ((Expression key, Expression value) in items)
        {
            dict.Set(key.Evaluate(run, scope), value.Evaluate(run, scope));
        }

        return dict;
    }
}

/// <summary><c>not</c>, <c>-</c>, <c>+</c>.</summary>
internal sealed class Unary(int position, string sign, Expression operand) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = operand.Evaluate(run, scope);
        run.Position = Position;
        if (sign == "not")
        {
            return !PythonOperators.IsTrue(value);
        }

        PythonOperators.FailIfUndefined(value);
        return !PythonOperators.IsNumber(value) ? throw new JinjaFault($"bad operand type for unary {sign}: '{PythonText.TypeName(value)}'")
            : sign == "-" ? PythonNumbers.Negate(value!)
            : value is bool flag ? (flag ? 1L : 0L) : value;
    }
}

/// <summary><c>and</c>, <c>or</c>: the value that decided.</summary>
internal sealed class Logic(int position, bool isAnd, Expression left, Expression right) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = left.Evaluate(run, scope);
        return PythonOperators.IsTrue(value) == isAnd ? right.Evaluate(run, scope) : value;
    }
}

/// <summary><c>a if test else b</c>.</summary>
internal sealed class Conditional(int position, Expression test, Expression then, Expression? otherwise) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        return PythonOperators.IsTrue(test.Evaluate(run, scope)) ? then.Evaluate(run, scope)
            : otherwise is not null ? otherwise.Evaluate(run, scope)
            : new Undefined("the inline if-expression evaluated to false and no else section was defined.");
    }
}

internal sealed class Arithmetic(int position, string sign, Expression left, Expression right) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? a = left.Evaluate(run, scope), b = right.Evaluate(run, scope);
        run.Position = Position;
        (a, b) = sign == "+" ? (a, b) : (MarkupValue.Plain(a), MarkupValue.Plain(b));
        return sign switch
        {
            "+" => PythonOperators.Add(run, a, b),
            "*" => PythonOperators.Multiply(run, a, b),
            "~" => PythonOperators.Add(run, PythonText.Str(a), PythonText.Str(b)),
            "%" when a is string format => PythonFormat.Percent(run, format, b is TupleValue tuple ? tuple.Items : [b], b as DictValue),
            _ => PythonOperators.Arithmetic(sign, a, b),
        };
    }
}

/// <summary><c>a &lt; b &lt;= c</c>, with <c>in</c> and <c>not in</c>.</summary>
internal sealed class Comparison(int position, Expression first, List<(string Sign, Expression Right)> rest) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? left = first.Evaluate(run, scope);
        foreach ((string sign, Expression expression) in rest)
        {
            object? right = expression.Evaluate(run, scope);
            run.Position = Position;
            if (!Holds(run, sign, left, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    public static bool Holds(JinjaRun run, string sign, object? left, object? right) => sign switch
    {
        "==" => PythonOperators.AreEqual(run, left, right),
        "!=" => !PythonOperators.AreEqual(run, left, right),
        "in" => PythonOperators.Contains(run, right, left),
        "not in" => !PythonOperators.Contains(run, right, left),
        "<" => PythonOperators.Compare(run, left, right, sign) < 0,
        "<=" => PythonOperators.Compare(run, left, right, sign) <= 0,
        ">" => PythonOperators.Compare(run, left, right, sign) > 0,
        _ => PythonOperators.Compare(run, left, right, sign) >= 0,
    };
}

/// <summary><c>a.b</c>: a method before a key.</summary>
internal sealed class AttributeAccess(int position, Expression target, string name) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = target.Evaluate(run, scope);
        run.Position = Position;
        return PythonAttributes.Attribute(run, value, name);
    }
}

/// <summary><c>a[b]</c>: a key before a method.</summary>
internal sealed class Subscript(int position, Expression target, Expression index) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = target.Evaluate(run, scope), key = index.Evaluate(run, scope);
        run.Position = Position;
        return PythonAttributes.Item(run, value, key);
    }
}

/// <summary><c>a[start:stop:step]</c>.</summary>
internal sealed class SliceAccess(int position, Expression target, Expression? start, Expression? stop, Expression? step) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = target.Evaluate(run, scope);
        object? from = start?.Evaluate(run, scope), to = stop?.Evaluate(run, scope), by = step?.Evaluate(run, scope);
        run.Position = Position;
        return PythonAttributes.Slice(run, value, from, to, by);
    }
}

/// <summary>The arguments of a call as written.</summary>
internal sealed record ArgumentExpressions(List<Expression> Positional, List<(string Name, Expression Value)> Named, Expression? Rest, Expression? NamedRest)
{
    public CallArguments Evaluate(JinjaRun run, JinjaScope scope)
    {
        List<object?> positional = Positional.ConvertAll(item => MarkupValue.Plain(item.Evaluate(run, scope)));
        List<(string, object?)> named = Named.ConvertAll(item => (item.Name, MarkupValue.Plain(item.Value.Evaluate(run, scope))));
        if (Rest is not null)
        {
            positional.AddRange(PythonOperators.Iterate(run, Rest.Evaluate(run, scope)));
        }

        if (NamedRest is not null)
        {
            if (NamedRest.Evaluate(run, scope) is not DictValue dict)
            {
                throw new JinjaFault("argument after ** must be a mapping");
            }

            named.AddRange(dict.Items.Select(item => (PythonText.Str(item.Key), item.Value)));
        }

        return new CallArguments(positional, named);
    }
}

internal sealed class Call(int position, Expression target, ArgumentExpressions arguments) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? function = target.Evaluate(run, scope);
        return Invoke(run, function, arguments.Evaluate(run, scope));
    }

    public object? Invoke(JinjaRun run, object? function, CallArguments values)
    {
        run.Position = Position;
        return function switch
        {
            CallableValue callable => callable.Call(run, values),
            ObjectValue item => item.Call(run, values),
            Undefined missing => throw new JinjaFault(missing.Fault),
            _ => throw new JinjaFault($"'{PythonText.TypeName(function)}' object is not callable"),
        };
    }

    public CallArguments Arguments(JinjaRun run, JinjaScope scope) => arguments.Evaluate(run, scope);

    public object? Function(JinjaRun run, JinjaScope scope) => target.Evaluate(run, scope);
}

/// <summary><c>a|name(arguments)</c>; without a value the filter of a block.</summary>
internal sealed class Filter(int position, Expression? target, string name, ArgumentExpressions arguments) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        return Apply(run, scope, target!.Evaluate(run, scope));
    }

    /// <summary>Filters <paramref name="value"/> through this filter behind those it stands on.</summary>
    public object? ApplyChain(JinjaRun run, JinjaScope scope, object? value) =>
        Apply(run, scope, target is Filter before ? before.ApplyChain(run, scope, value) : value);

    private object? Apply(JinjaRun run, JinjaScope scope, object? value)
    {
        CallArguments values = arguments.Evaluate(run, scope);
        run.Position = Position;
        return JinjaFilters.Apply(run, name, value, values);
    }
}

/// <summary><c>a is name(arguments)</c>.</summary>
internal sealed class Test(int position, Expression target, string name, ArgumentExpressions arguments) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope)
    {
        run.Budget.Step();
        object? value = target.Evaluate(run, scope);
        CallArguments values = arguments.Evaluate(run, scope);
        run.Position = Position;
        return JinjaTests.Holds(run, name, value, values);
    }
}
