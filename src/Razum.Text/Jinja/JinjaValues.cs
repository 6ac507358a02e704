using System.Numerics;

namespace Razum.Text.Jinja;

// The values of a template: null (None), bool, long, BigInteger, double, string, List<object?> and the types below. Lists and maps never change once made.

/// <summary>Something that is not there; most uses of it fail with <see cref="Fault"/>.</summary>
internal sealed class Undefined(string fault)
{
    public string Fault { get; } = fault;
}

/// <summary>
/// A text marked as safe: what is added to it is escaped, and it to nothing else. Only <c>+</c>, printing and the filters that keep the mark see it;
/// everywhere else it is its text.
/// </summary>
internal sealed record MarkupValue(string Text)
{
    /// <summary>A value without the mark.</summary>
    public static object? Plain(object? value) => value is MarkupValue markup ? markup.Text : value;
}

/// <summary>A Python tuple.</summary>
internal sealed record TupleValue(object?[] Items);

/// <summary>What lazy filters give: printed and counted like no list, walked through once.</summary>
internal sealed class GeneratorValue(IReadOnlyList<object?> items)
{
    private IReadOnlyList<object?> _items = items;

    public IReadOnlyList<object?> Consume()
    {
        IReadOnlyList<object?> rest = _items;
        _items = [];
        return rest;
    }
}

/// <summary><c>dict.items()</c> and its like.</summary>
internal sealed record ViewValue(string Name, List<object?> Items);

/// <summary><c>range(start, stop, step)</c>.</summary>
internal sealed record RangeValue(long Start, long Stop, long Step)
{
    public long Count => Step > 0 ? Math.Max(0, (Stop - Start + Step - 1) / Step) : Math.Max(0, (Start - Stop - Step - 1) / -Step);
}

/// <summary>Bytes, as <c>str.encode</c> gives them.</summary>
internal sealed record BytesValue(byte[] Items);

/// <summary><c>namespace(...)</c>: the one thing a template may change.</summary>
internal sealed class NamespaceValue
{
    public Dictionary<string, object?> Fields { get; } = new(StringComparer.Ordinal);
}

/// <summary>One group of <c>groupby</c>: a tuple with names.</summary>
internal sealed record GroupValue(object? Grouper, List<object?> Members);

/// <summary>A function or method.</summary>
internal sealed class CallableValue(string name, Func<JinjaRun, CallArguments, object?> body)
{
    public string Name { get; } = name;

    public object? Call(JinjaRun run, CallArguments arguments) => body(run, arguments);
}

/// <summary>An object with attributes of its own (loop, macro, cycler, joiner), maybe callable.</summary>
internal abstract class ObjectValue
{
    public abstract string TypeName { get; }

    public virtual bool IsCallable => true;

    public virtual bool TryGet(JinjaRun run, string name, out object? value)
    {
        value = null;
        return false;
    }

    public virtual object? Call(JinjaRun run, CallArguments arguments) => throw new JinjaFault($"'{TypeName}' object is not callable");
}

/// <summary>A Python dict: in order of insertion, keys equal as Python has it (1 = 1.0 = True).</summary>
internal sealed class DictValue
{
    private readonly OrderedDictionary<object, (object? Key, object? Value)> _items = [];

    public int Count => _items.Count;

    public IEnumerable<object?> Keys => _items.Values.Select(item => item.Key);

    public IEnumerable<object?> Values => _items.Values.Select(item => item.Value);

    public IEnumerable<(object? Key, object? Value)> Items => _items.Values;

    public void Set(object? key, object? value)
    {
        object normal = Normal(key);
        _items[normal] = (_items.TryGetValue(normal, out (object? Key, object? Value) old) ? old.Key : key, value);
    }

    public bool TryGet(object? key, out object? value)
    {
        bool found = _items.TryGetValue(Normal(key), out (object? Key, object? Value) item);
        value = item.Value;
        return found;
    }

    private static object Normal(object? key) => key switch
    {
        null => DBNull.Value,
        bool flag => flag ? 1L : 0L,
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e18 => (long)number,
        BigInteger or long or double or string => key,
        TupleValue tuple => "\0tuple" + PythonText.Repr(tuple),
        Undefined => key,
        _ => throw new JinjaFault($"unhashable type: '{PythonText.TypeName(key)}'"),
    };
}

/// <summary>The arguments of a call.</summary>
internal sealed class CallArguments(List<object?> positional, List<(string Name, object? Value)> named)
{
    public static CallArguments None { get; } = new([], []);

    public List<object?> Positional { get; } = positional;

    public List<(string Name, object? Value)> Named { get; } = named;

    public int Count => Positional.Count + Named.Count;

    /// <summary>An argument by place or name.</summary>
    public object? Get(int index, string name, object? otherwise) =>
        index < Positional.Count ? Positional[index] : Find(name, out object? value) ? value : otherwise;

    public bool Find(string name, out object? value)
    {
        foreach ((string key, object? item) in Named)
        {
            if (key == name)
            {
                value = item;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>The arguments behind the first <paramref name="count"/>.</summary>
    public CallArguments Behind(int count) => new(Positional.Count > count ? Positional[count..] : [], Named);

    public long Integer(int index, string name, long otherwise) => Get(index, name, otherwise) switch
    {
        long value => value,
        bool value => value ? 1 : 0,
        object value => throw new JinjaFault($"'{PythonText.TypeName(value)}' object cannot be interpreted as an integer"),
        null => throw new JinjaFault("'NoneType' object cannot be interpreted as an integer"),
    };

    public string Text(int index, string name, string? otherwise = null) => Get(index, name, otherwise) switch
    {
        string value => value,
        null when otherwise is null => throw new JinjaFault($"missing argument '{name}'"),
        object value => throw new JinjaFault($"{name} must be str, not {PythonText.TypeName(value)}"),
        null => otherwise,
    };
}
