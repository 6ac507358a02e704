using System.Text;

namespace Razum.Text.Jinja;

/// <summary><c>{% for target in items if condition recursive %}body{% else %}otherwise{% endfor %}</c></summary>
internal sealed class ForStatement(Expression target, Expression items, Expression? condition, bool isRecursive, List<Statement> body, List<Statement> otherwise)
    : Statement
{
    public override Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        object? values = items.Evaluate(run, scope);
        run.Position = items.Position;
        Loop(run, scope, values, 0, output);
        return Flow.Next;
    }

    /// <summary>Runs the loop over some items; <paramref name="depth"/> counts calls of <c>loop(...)</c>.</summary>
    public void Loop(JinjaRun run, JinjaScope scope, object? values, int depth, StringBuilder output)
    {
        run.Budget.Enter();
        IReadOnlyList<object?> list = PythonOperators.Iterate(run, values);
        if (condition is not null)
        {
            list = [.. list.Where(item => Passes(run, scope, item))];
        }

        var loop = new LoopValue(list, depth, isRecursive ? (inner, output2) => Loop(run, scope, inner, depth + 1, output2) : null);
        bool completed = false;
        for (; loop.Index < list.Count; loop.Index++)
        {
            run.Budget.Step();
            var inner = new JinjaScope(scope);
            inner.Set("loop", loop);
            SetStatement.Assign(run, inner, target, list[loop.Index]);
            Flow flow = ExecuteAll(body, run, inner, output);
            completed |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        // As the reference has it: also when no round came to its end.
        if (!completed)
        {
            ExecuteAll(otherwise, run, new JinjaScope(scope), output);
        }

        run.Budget.Leave();
    }

    private bool Passes(JinjaRun run, JinjaScope scope, object? item)
    {
        var inner = new JinjaScope(scope);
        SetStatement.Assign(run, inner, target, item);
        return PythonOperators.IsTrue(condition!.Evaluate(run, inner));
    }
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class LoopValue(IReadOnlyList<object?> items, int depth, Action<object?, StringBuilder>? recurse) : ObjectValue
{
    private IReadOnlyList<object?>? _lastChanged;

    public int Index { get; set; }

    public int Count => items.Count;

    public override string TypeName => "LoopContext";

    public override bool IsCallable => recurse is not null;

    /// <summary>What the loop has still to see; asking for it ends the loop.</summary>
    public IReadOnlyList<object?> Rest()
    {
        int next = Math.Min(Index + 1, items.Count);
        Index = items.Count;
        return [.. items.Skip(next)];
    }

    public override bool TryGet(JinjaRun run, string name, out object? value)
    {
        (bool known, value) = name switch
        {
            "index" => (true, (object?)(Index + 1L)),
            "index0" => (true, (long)Index),
            "revindex" => (true, (long)(items.Count - Index)),
            "revindex0" => (true, items.Count - Index - 1L),
            "first" => (true, Index == 0),
            "last" => (true, Index == items.Count - 1),
            "length" => (true, (long)items.Count),
            "depth" => (true, depth + 1L),
            "depth0" => (true, (long)depth),
            "previtem" => (true, Index > 0 ? items[Index - 1] : new Undefined("there is no previous item")),
            "nextitem" => (true, Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item")),
            "cycle" => (true, new CallableValue("cycle", Cycle)),
            "changed" => (true, new CallableValue("changed", HasChanged)),
            _ => (false, null),
        };
        return known;
    }

    public override object? Call(JinjaRun run, CallArguments arguments)
    {
        if (recurse is null)
        {
            throw new JinjaFault("The loop must have the 'recursive' marker to be called recursively.");
        }

        var output = new StringBuilder();
        recurse(arguments.Get(0, "iterable", null), output);
        return output.ToString();
    }

    private object? Cycle(JinjaRun run, CallArguments arguments) => arguments.Positional.Count == 0 ? throw new JinjaFault("no items for cycling given")
        : arguments.Positional[Index % arguments.Positional.Count];

    private object? HasChanged(JinjaRun run, CallArguments arguments)
    {
        bool same = _lastChanged is not null && PythonOperators.AreEqual(run, new TupleValue([.. _lastChanged]), new TupleValue([.. arguments.Positional]));
        _lastChanged = arguments.Positional;
        return !same;
    }
}
