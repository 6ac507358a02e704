using System.Numerics;

namespace Razum.Text.Jinja;

/// <summary>Attributes, items and slices of values. Nothing but what is listed here can be reached.</summary>
internal static class PythonAttributes
{
    /// <summary><c>value.name</c>: attribute or method first, then key.</summary>
    public static object? Attribute(JinjaRun run, object? value, string name)
    {
        PythonOperators.FailIfUndefined(value);
        value = MarkupValue.Plain(value);
        return TryAttribute(run, value, name, out object? found) || (value is DictValue dict && dict.TryGet(name, out found)) ? found : Missing(value, name);
    }

    /// <summary><c>value[key]</c>: item first, then (for text keys) attribute.</summary>
    public static object? Item(JinjaRun run, object? value, object? key)
    {
        PythonOperators.FailIfUndefined(value);
        value = MarkupValue.Plain(value);
        switch (value)
        {
            case DictValue dict when key is not (List<object?> or DictValue):
                if (dict.TryGet(key, out object? item))
                {
                    return item;
                }

                break;
            case string text when key is long or bool:
                return CodePoints.At(run, text, Index(key)) is string character ? character : new Undefined($"str object has no element {PythonText.Repr(key)}");
            case List<object?> or TupleValue or GroupValue or RangeValue when key is long or bool:
                long count = PythonOperators.Length(value), at = Index(key) < 0 ? Index(key) + count : Index(key);
                return at < 0 || at >= count ? new Undefined($"{PythonText.TypeName(value)} object has no element {PythonText.Repr(key)}")
                    : value switch
                    {
                        List<object?> list => list[(int)at],
                        TupleValue tuple => tuple.Items[at],
                        GroupValue group => at == 0 ? group.Grouper : group.Members,
                        _ => ((RangeValue)value).Start + (at * ((RangeValue)value).Step),
                    };
            default:
                break;
        }

        return key is string name ? TryAttribute(run, value, name, out object? found) ? found : Missing(value, name)
            : new Undefined($"{PythonText.TypeName(value)} object has no element {PythonText.Repr(key)}");
    }

    /// <summary><c>value[start:stop:step]</c></summary>
    public static object? Slice(JinjaRun run, object? value, object? start, object? stop, object? step)
    {
        PythonOperators.FailIfUndefined(value);
        value = MarkupValue.Plain(value);
        IReadOnlyList<object?> items = value is string or List<object?> or TupleValue or RangeValue ? PythonOperators.Iterate(run, value)
            : throw new JinjaFault($"'{PythonText.TypeName(value)}' object cannot be sliced");
        long by = step is null ? 1 : Bound(step), count = items.Count;
        if (by == 0)
        {
            throw new JinjaFault("slice step cannot be zero");
        }

        long low = by > 0 ? 0 : -1, high = by > 0 ? count : count - 1;
        long from = start is null ? (by > 0 ? low : high) : Math.Clamp(Bound(start) < 0 ? Bound(start) + count : Bound(start), low, high);
        long to = stop is null ? (by > 0 ? high : low) : Math.Clamp(Bound(stop) < 0 ? Bound(stop) + count : Bound(stop), low, high);
        var picked = new List<object?>();
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            picked.Add(items[(int)i]);
        }

        run.Budget.Take(picked.Count);
        return value switch
        {
            string => string.Concat(picked.Cast<string>()),
            TupleValue => new TupleValue([.. picked]),
            _ => picked,
        };
    }

    /// <summary>An attribute that is there, methods included; false if none.</summary>
    public static bool TryAttribute(JinjaRun run, object? value, string name, out object? found)
    {
        found = null;
        value = MarkupValue.Plain(value);
        if (name.StartsWith('_'))
        {
            if (value is NamespaceValue or DictValue || !IsPythonName(name))
            {
                return false;
            }

            found = new Undefined($"access to attribute '{name}' of '{PythonText.TypeName(value)}' object is unsafe.");
            return true;
        }

        switch (value)
        {
            case ObjectValue item:
                return item.TryGet(run, name, out found);
            case NamespaceValue space:
                return space.Fields.TryGetValue(name, out found);
            case GroupValue group when name is "grouper" or "list":
                found = name == "grouper" ? group.Grouper : group.Members;
                return true;
            default:
                found = Method(value, name);
                return found is not null;
        }
    }

    private static bool IsPythonName(string name) => name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal);

    private static Undefined Missing(object? value, string name) =>
        new(value is null ? $"'None' has no attribute '{name}'" : $"'{PythonText.TypeName(value)} object' has no attribute '{name}'");

    private static long Index(object? key) => key is bool flag ? (flag ? 1 : 0) : (long)key!;

    private static long Bound(object? value) => value switch
    {
        long number => Math.Clamp(number, -1L << 40, 1L << 40),
        bool flag => flag ? 1 : 0,
        _ => throw new JinjaFault("slice indices must be integers or None"),
    };

    private static object? Method(object? value, string name)
    {
        switch (value)
        {
            case string text when PythonStrings.Find(name) is { } method:
                return new CallableValue(name, (run, arguments) => method(run, text, arguments));
            case DictValue dict:
                return DictMethod(dict, name);
            case List<object?> list when name is "append" or "pop" or "insert" or "extend" or "remove" or "clear" or "sort" or "reverse":
                return Unsafe(name, "list");
            case List<object?> list when name == "copy":
                return new CallableValue(name, (_, _) => list.ToList());
            case List<object?> list when name is "index" or "count":
                return new CallableValue(name, (run, arguments) => Search(run, list, name, arguments));
            case TupleValue tuple when name is "index" or "count":
                return new CallableValue(name, (run, arguments) => Search(run, tuple.Items, name, arguments));
            case double number when name == "is_integer":
                return new CallableValue(name, (_, _) => number == Math.Floor(number));
            case long or bool when name == "bit_length":
                return new CallableValue(name, (_, _) => (long)BigInteger.Abs(PythonNumbers.AsInteger(value)).GetBitLength());
            case BytesValue bytes when name == "decode":
                return new CallableValue(name, (_, _) => System.Text.Encoding.UTF8.GetString(bytes.Items));
            default:
                return null;
        }
    }

    private static CallableValue Unsafe(string name, string type) => new(name, (_, _) => throw new JinjaFault($"access to attribute '{name}' of '{type}' object is unsafe."));

    private static object? DictMethod(DictValue dict, string name) => name switch
    {
        "items" => new CallableValue(name, (run, _) => View(run, "dict_items", dict.Items.Select(i => (object?)new TupleValue([i.Key, i.Value])), dict.Count)),
        "keys" => new CallableValue(name, (run, _) => View(run, "dict_keys", dict.Keys, dict.Count)),
        "values" => new CallableValue(name, (run, _) => View(run, "dict_values", dict.Values, dict.Count)),
        "get" => new CallableValue(name, (_, arguments) => dict.TryGet(arguments.Get(0, "key", null), out object? item) ? item : arguments.Get(1, "default", null)),
        "copy" => new CallableValue(name, (_, _) => dict),
        "pop" or "update" or "setdefault" or "clear" or "popitem" => Unsafe(name, "dict"),
        _ => null,
    };

    private static ViewValue View(JinjaRun run, string name, IEnumerable<object?> items, int count)
    {
        run.Budget.Take(count);
        return new ViewValue(name, [.. items]);
    }

    private static object? Search(JinjaRun run, IReadOnlyList<object?> items, string name, CallArguments arguments)
    {
        object? wanted = arguments.Get(0, "value", null);
        long count = 0;
        for (int i = 0; i < items.Count; i++)
        {
            if (PythonOperators.AreEqual(run, items[i], wanted))
            {
                if (name == "index")
                {
                    return (long)i;
                }

                count++;
            }
        }

        return name == "count" ? count : throw new JinjaFault($"{PythonText.Repr(wanted)} is not in list");
    }
}
