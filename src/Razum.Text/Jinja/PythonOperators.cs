using System.Numerics;

namespace Razum.Text.Jinja;

/// <summary>Truth, equality, order, membership, iteration and arithmetic as Python has them.</summary>
internal static class PythonOperators
{
    public static bool IsTrue(object? value) => MarkupValue.Plain(value) switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        BigInteger number => !number.IsZero,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TupleValue tuple => tuple.Items.Length > 0,
        DictValue dict => dict.Count > 0,
        ViewValue view => view.Items.Count > 0,
        RangeValue range => range.Count > 0,
        BytesValue bytes => bytes.Items.Length > 0,
        _ => true,
    };

    public static bool IsNumber(object? value) => value is bool or long or BigInteger or double;

    public static bool AreEqual(JinjaRun run, object? left, object? right, int depth = 0)
    {
        run.Budget.Step();
        if (depth > 200)
        {
            throw new JinjaFault("values are nested too deep to compare");
        }

        (left, right) = (MarkupValue.Plain(left), MarkupValue.Plain(right));
        return (left, right) switch
        {
            (string a, string b) => a == b,
            (null, null) => true,
            (Undefined, Undefined) => true,
            (TupleValue a, TupleValue b) => SameItems(run, a.Items, b.Items, depth),
            (List<object?> a, List<object?> b) => SameItems(run, a, b, depth),
            (DictValue a, DictValue b) => a.Count == b.Count
                && a.Items.All(item => b.TryGet(item.Key, out object? other) && AreEqual(run, item.Value, other, depth + 1)),
            (RangeValue a, RangeValue b) => a == b,
            _ when IsNumber(left) && IsNumber(right) => CompareNumbers(left!, right!) == 0,
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>Order of two values; <paramref name="sign"/> is how the message writes the comparison.</summary>
    public static int Compare(JinjaRun run, object? left, object? right, string sign)
    {
        run.Budget.Step();
        (left, right) = (MarkupValue.Plain(left), MarkupValue.Plain(right));
        switch ((left, right))
        {
            case (string a, string b):
                return CompareText(a, b);
            case (TupleValue a, TupleValue b):
                return CompareItems(run, a.Items, b.Items, sign);
            case (List<object?> a, List<object?> b):
                return CompareItems(run, a, b, sign);
            default:
                FailIfUndefined(left);
                FailIfUndefined(right);
                return IsNumber(left) && IsNumber(right) ? CompareNumbers(left!, right!)
                    : throw new JinjaFault($"'{sign}' not supported between instances of '{PythonText.TypeName(left)}' and '{PythonText.TypeName(right)}'");
        }
    }

    public static bool Contains(JinjaRun run, object? container, object? item)
    {
        (container, item) = (MarkupValue.Plain(container), MarkupValue.Plain(item));
        switch (container)
        {
            case string text:
                run.Budget.Step(text.Length / 64);
                FailIfUndefined(item);
                return item is string part ? text.Contains(part, StringComparison.Ordinal)
                    : throw new JinjaFault($"'in <string>' requires string as left operand, not {PythonText.TypeName(item)}");
            case DictValue dict:
                return dict.TryGet(item, out _);
            case null or bool or long or BigInteger or double:
                throw new JinjaFault($"argument of type '{PythonText.TypeName(container)}' is not iterable");
            default:
                return Iterate(run, container).Any(other => AreEqual(run, item, other));
        }
    }

    /// <summary>The items of a value in order; every one is a step.</summary>
    public static IReadOnlyList<object?> Iterate(JinjaRun run, object? value)
    {
        IReadOnlyList<object?> items = MarkupValue.Plain(value) switch
        {
            List<object?> list => list,
            TupleValue tuple => tuple.Items,
            GroupValue group => [group.Grouper, group.Members],
            DictValue dict => [.. dict.Keys],
            ViewValue view => view.Items,
            string text => CodePoints.Characters(run, text),
            RangeValue range => [.. Numbers(run, range)],
            GeneratorValue generator => generator.Consume(),
            BytesValue bytes => [.. bytes.Items.Select(b => (object?)(long)b)],
            Undefined => [],
            LoopValue loop => loop.Rest(),
            _ => throw new JinjaFault($"'{PythonText.TypeName(value)}' object is not iterable"),
        };
        run.Budget.Step(items.Count);
        return items;
    }

    public static long Length(object? value) => MarkupValue.Plain(value) switch
    {
        string text => CodePoints.Count(text),
        List<object?> list => list.Count,
        TupleValue tuple => tuple.Items.Length,
        GroupValue => 2,
        DictValue dict => dict.Count,
        ViewValue view => view.Items.Count,
        RangeValue range => range.Count,
        BytesValue bytes => bytes.Items.Length,
        LoopValue loop => loop.Count,
        Undefined => 0,
        _ => throw new JinjaFault($"object of type '{PythonText.TypeName(value)}' has no len()"),
    };

    public static object? Add(JinjaRun run, object? left, object? right)
    {
        switch ((left, right))
        {
            case (MarkupValue or string, MarkupValue or string) when left is MarkupValue || right is MarkupValue:
                return new MarkupValue(JinjaFilters.Escape(run, left) + JinjaFilters.Escape(run, right));
            case (string a, string b):
                run.Budget.Take(a.Length + (long)b.Length);
                return a + b;
            case (List<object?> a, List<object?> b):
                run.Budget.Take(a.Count + (long)b.Count);
                return (List<object?>)[.. a, .. b];
            case (TupleValue a, TupleValue b):
                run.Budget.Take(a.Items.Length + (long)b.Items.Length);
                return new TupleValue([.. a.Items, .. b.Items]);
            default:
                FailIfUndefined(left);
                FailIfUndefined(right);
                return IsNumber(left) && IsNumber(right) ? PythonNumbers.Binary("+", left!, right!)
                    : left is string ? throw new JinjaFault($"can only concatenate str (not \"{PythonText.TypeName(right)}\") to str")
                    : left is List<object?> ? throw new JinjaFault($"can only concatenate list (not \"{PythonText.TypeName(right)}\") to list")
                    : throw Unsupported("+", left, right);
        }
    }

    public static object? Multiply(JinjaRun run, object? left, object? right)
    {
        if (right is string or List<object?> or TupleValue && left is long or bool)
        {
            (left, right) = (right, left);
        }

        long count = right switch { long n => Math.Max(n, 0), true => 1, _ => 0 };
        if (right is not (long or bool) || left is not (string or List<object?> or TupleValue))
        {
            return Arithmetic("*", left, right);
        }

        long length = left switch { string s => s.Length, List<object?> l => l.Count, _ => ((TupleValue)left).Items.Length };
        run.Budget.Take(length == 0 ? 0 : count > JinjaBudget.MaxUnits ? long.MaxValue : length * count);
        int times = length == 0 ? 0 : (int)count;
        return left switch
        {
            string text => new System.Text.StringBuilder(text.Length * times).Insert(0, text, times).ToString(),
            List<object?> list => Enumerable.Repeat(list, times).SelectMany(items => items).ToList(),
            _ => new TupleValue([.. Enumerable.Repeat(((TupleValue)left).Items, times).SelectMany(items => items)]),
        };
    }

    public static object? Arithmetic(string sign, object? left, object? right)
    {
        FailIfUndefined(left);
        FailIfUndefined(right);
        return IsNumber(left) && IsNumber(right) ? PythonNumbers.Binary(sign, left!, right!) : throw Unsupported(sign, left, right);
    }

    public static void FailIfUndefined(object? value)
    {
        if (value is Undefined missing)
        {
            throw new JinjaFault(missing.Fault);
        }
    }

    // By code points, not UTF-16 units.
    public static int CompareText(string left, string right)
    {
        for (int i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (left[i] != right[i])
            {
                bool bothSame = char.IsSurrogate(left[i]) == char.IsSurrogate(right[i]);
                return bothSame ? left[i].CompareTo(right[i]) : char.IsSurrogate(left[i]) ? 1 : -1;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    private static JinjaFault Unsupported(string sign, object? left, object? right) =>
        new($"unsupported operand type(s) for {(sign == "**" ? "** or pow()" : sign)}: '{PythonText.TypeName(left)}' and '{PythonText.TypeName(right)}'");

    private static IEnumerable<object?> Numbers(JinjaRun run, RangeValue range)
    {
        run.Budget.Take(range.Count);
        for (long i = 0; i < range.Count; i++)
        {
            yield return range.Start + (i * range.Step);
        }
    }

    private static bool SameItems(JinjaRun run, IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            if (!AreEqual(run, left[i], right[i], depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private static int CompareItems(JinjaRun run, IReadOnlyList<object?> left, IReadOnlyList<object?> right, string sign)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (!AreEqual(run, left[i], right[i]))
            {
                run.Budget.Enter();
                int order = Compare(run, left[i], right[i], sign);
                run.Budget.Leave();
                return order;
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static int CompareNumbers(object left, object right) => left is double || right is double
        ? PythonNumbers.AsDouble(left).CompareTo(PythonNumbers.AsDouble(right))
        : PythonNumbers.AsInteger(left).CompareTo(PythonNumbers.AsInteger(right));
}
