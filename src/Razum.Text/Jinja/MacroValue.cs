namespace Razum.Text.Jinja;

/// <summary>A macro as written: its parameters (the last ones with defaults) and its body.</summary>
internal sealed record MacroDefinition(string Name, List<(string Name, Expression? Otherwise)> Parameters, List<Statement> Body)
{
    /// <summary>The body names <c>varargs</c>: more arguments are welcome.</summary>
    public bool TakesMore { get; init; }

    /// <summary>The body names <c>kwargs</c>.</summary>
    public bool TakesNamed { get; init; }

    /// <summary>The body names <c>caller</c>.</summary>
    public bool TakesCaller { get; init; }
}

/// <summary>A macro with the scope it was defined in, whose variables it sees as they are when it is called.</summary>
internal sealed class MacroValue(MacroDefinition macro, JinjaScope defined) : ObjectValue
{
    public override string TypeName => "Macro";

    public override bool TryGet(JinjaRun run, string name, out object? value)
    {
        (bool known, value) = name switch
        {
            "name" => (true, (object?)macro.Name),
            "arguments" => (true, new TupleValue([.. macro.Parameters.Select(p => p.Name)])),
            "catch_kwargs" => (true, macro.TakesNamed),
            "catch_varargs" => (true, macro.TakesMore),
            "caller" => (true, macro.TakesCaller),
            _ => (false, null),
        };
        return known;
    }

    public override object? Call(JinjaRun run, CallArguments arguments)
    {
        run.Budget.Enter();
        var scope = new JinjaScope(defined);
        Bind(run, scope, arguments);
        string text = Statement.Capture(macro.Body, run, scope);
        run.Budget.Leave();
        return text;
    }

    private void Bind(JinjaRun run, JinjaScope scope, CallArguments arguments)
    {
        int count = macro.Parameters.Count;
        for (int i = 0; i < count; i++)
        {
            (string name, Expression? otherwise) = macro.Parameters[i];
            scope.Set(name, i < arguments.Positional.Count ? arguments.Positional[i]
                : arguments.Find(name, out object? named) ? named
                : otherwise is not null ? otherwise.Evaluate(run, scope)
                : new Undefined($"parameter '{name}' was not provided"));
        }

        if (arguments.Positional.Count > count && !macro.TakesMore)
        {
            throw new JinjaFault($"macro '{macro.Name}' takes not more than {count} argument(s)");
        }

        var rest = new DictValue();
        foreach ((string name, object? value) in arguments.Named)
        {
            if (name == "caller" && !macro.Parameters.Exists(p => p.Name == "caller"))
            {
                if (!macro.TakesCaller && !macro.TakesNamed)
                {
                    throw new JinjaFault($"macro '{macro.Name}' was invoked with two values for the special caller argument or does not use caller");
                }
            }
            else if (!macro.Parameters.Exists(p => p.Name == name))
            {
                rest.Set(name, macro.TakesNamed ? value : throw new JinjaFault($"macro '{macro.Name}' takes no keyword argument '{name}'"));
            }
        }

        if (macro.TakesCaller && !macro.Parameters.Exists(p => p.Name == "caller"))
        {
            scope.Set("caller", arguments.Find("caller", out object? caller) ? caller : new Undefined("No caller defined"));
        }

        if (macro.TakesMore)
        {
            scope.Set("varargs", new TupleValue([.. arguments.Positional.Skip(count)]));
        }

        if (macro.TakesNamed)
        {
            scope.Set("kwargs", rest);
        }
    }
}
