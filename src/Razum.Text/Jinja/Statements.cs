using System.Text;

namespace Razum.Text.Jinja;

/// <summary>Text outside of tags.</summary>
internal sealed class DataStatement(string text) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        run.Write(output, text);
        return Flow.Next;
    }
}

/// <summary><c>{{ expression }}</c></summary>
internal sealed class PrintStatement(Expression expression) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        object? value = expression.Evaluate(run, scope);
        run.Position = expression.Position;
        run.Write(output, PythonText.Str(value));
        return Flow.Next;
    }
}

internal sealed class IfStatement(List<(Expression Test, List<Statement> Body)> branches, List<Statement> otherwise) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        foreach ((Expression test, List<Statement> body) in branches)
        {
            if (PythonOperators.IsTrue(test.Evaluate(run, scope)))
            {
                return ExecuteAll(body, run, scope, output);
            }
        }

        return ExecuteAll(otherwise, run, scope, output);
    }
}

internal sealed class BreakStatement(Flow flow) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output) => flow;
}

/// <summary><c>{% set target = expression %}</c></summary>
internal sealed class SetStatement(Expression target, Expression expression) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        Assign(run, scope, target, expression.Evaluate(run, scope));
        return Flow.Next;
    }

    /// <summary>Gives a value to a name, to the names of a tuple, or to a field of a namespace.</summary>
    public static void Assign(JinjaRun run, JinjaScope scope, Expression target, object? value)
    {
        switch (target)
        {
            case Name name:
                scope.Set(name.Text, value);
                break;
            case TupleExpression tuple:
                run.Position = tuple.Position;
                IReadOnlyList<object?> items = PythonOperators.Iterate(run, value);
                if (items.Count != tuple.Items.Count)
                {
                    throw new JinjaFault(items.Count > tuple.Items.Count ? $"too many values to unpack (expected {tuple.Items.Count})"
                        : $"not enough values to unpack (expected {tuple.Items.Count}, got {items.Count})");
                }

                for (int i = 0; i < items.Count; i++)
                {
                    Assign(run, scope, tuple.Items[i], items[i]);
                }

                break;
            default:
                ((NamespaceField)target).Set(run, scope, value);
                break;
        }
    }
}

/// <summary><c>ns.field</c> as the target of a set.</summary>
internal sealed class NamespaceField(int position, string name, string field) : Expression(position)
{
    public override object? Evaluate(JinjaRun run, JinjaScope scope) => null;

    public void Set(JinjaRun run, JinjaScope scope, object? value)
    {
        run.Position = Position;
        if (!scope.TryGet(name, out object? target) || target is not NamespaceValue space)
        {
            throw new JinjaFault("cannot assign attribute on non-namespace object");
        }

        NamespaceFields.Set(run, space, field, value);
    }
}

/// <summary><c>{% set name %}text{% endset %}</c>, perhaps filtered.</summary>
internal sealed class SetBlockStatement(Expression target, Filter? filter, List<Statement> body) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        object? text = Capture(body, run, new JinjaScope(scope));
        SetStatement.Assign(run, scope, target, filter is null ? text : filter.ApplyChain(run, scope, text));
        return Flow.Next;
    }
}

/// <summary><c>{% filter name %}text{% endfilter %}</c></summary>
internal sealed class FilterStatement(Filter filter, List<Statement> body) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        string text = Capture(body, run, new JinjaScope(scope));
        run.Write(output, PythonText.Str(filter.ApplyChain(run, scope, text)));
        return Flow.Next;
    }
}

internal sealed class WithStatement(List<(Expression Target, Expression Value)> assignments, List<Statement> body) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        var inner = new JinjaScope(scope);
        foreach ((Expression target, Expression value) in assignments)
        {
            SetStatement.Assign(run, inner, target, value.Evaluate(run, scope));
        }

        return ExecuteAll(body, run, inner, output);
    }
}

/// <summary><c>{% generation %}text{% endgeneration %}</c>: text that the model is to learn.</summary>
internal sealed class GenerationStatement(List<Statement> body) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        string text = Capture(body, run, new JinjaScope(scope));
        run.Generated.Add((run.Root.Length, run.Root.Length + text.Length));
        run.Write(output, text);
        return Flow.Next;
    }
}

internal sealed class MacroStatement(MacroDefinition macro) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        scope.Set(macro.Name, new MacroValue(macro, scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call(arguments) macro(...) %}text{% endcall %}</c></summary>
internal sealed class CallStatement(Call call, MacroDefinition caller) : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        object? function = call.Function(run, scope);
        CallArguments arguments = call.Arguments(run, scope);
        arguments = new CallArguments(arguments.Positional, [.. arguments.Named, ("caller", new MacroValue(caller, scope))]);
        run.Write(output, PythonText.Str(call.Invoke(run, function, arguments)));
        return Flow.Next;
    }
}
