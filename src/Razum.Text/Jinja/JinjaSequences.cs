namespace Razum.Text.Jinja;

/// <summary>Filters over sequences.</summary>
internal static class JinjaSequences
{
    private static readonly Dictionary<string, Func<JinjaRun, object?, CallArguments, object?>> s_filters = new(StringComparer.Ordinal)
    {
        ["batch"] = Batch,
        ["dictsort"] = DictSort,
        ["first"] = (run, value, _) => PythonOperators.Iterate(run, value) is { Count: > 0 } items ? items[0] : new Undefined("No first item, sequence was empty."),
        ["groupby"] = GroupBy,
        ["items"] = (run, value, _) => Items(value),
        ["join"] = Join,
        ["last"] = (run, value, _) => PythonOperators.Iterate(run, value) is { Count: > 0 } items ? items[^1] : new Undefined("No last item, sequence was empty."),
        ["list"] = (run, value, _) => Listed(run, PythonOperators.Iterate(run, value)),
        ["map"] = Map,
        ["max"] = (run, value, a) => Extreme(run, value, a, 1),
        ["min"] = (run, value, a) => Extreme(run, value, a, -1),
        ["random"] = (run, value, _) => PythonOperators.Iterate(run, value) is { Count: > 0 } items ? items[Random.Shared.Next(items.Count)] : new Undefined("No random item, sequence was empty."),
        ["reject"] = (run, value, a) => Select(run, value, a, byAttribute: false, wanted: false),
        ["rejectattr"] = (run, value, a) => Select(run, value, a, byAttribute: true, wanted: false),
        ["reverse"] = Reverse,
        ["select"] = (run, value, a) => Select(run, value, a, byAttribute: false, wanted: true),
        ["selectattr"] = (run, value, a) => Select(run, value, a, byAttribute: true, wanted: true),
        ["slice"] = Slices,
        ["sort"] = Sort,
        ["sum"] = Sum,
        ["unique"] = Unique,
    };

    public static Func<JinjaRun, object?, CallArguments, object?>? Find(string name) => s_filters.GetValueOrDefault(name);

    private static List<object?> Listed(JinjaRun run, IReadOnlyList<object?> items)
    {
        run.Budget.Take(items.Count);
        return [.. items];
    }

    private static GeneratorValue Items(object? value) => value switch
    {
        Undefined => new GeneratorValue([]),
        DictValue dict => new GeneratorValue([.. dict.Items.Select(i => (object?)new TupleValue([i.Key, i.Value]))]),
        _ => throw new JinjaFault("Can only get item pairs from a mapping."),
    };

    // "a.b.0" or a number as a path into an item.
    private static object? AttributeOf(JinjaRun run, object? item, object? path, object? otherwise)
    {
        if (path is long)
        {
            item = PythonAttributes.Item(run, item, path);
        }
        else
        {
            foreach (string part in PythonText.Str(path).Split('.'))
            {
                item = PythonAttributes.Item(run, item, long.TryParse(part, out long index) ? index : part);
            }
        }

        return item is Undefined && otherwise is not null ? otherwise : item;
    }

    // map and select take what is false as empty.
    private static IReadOnlyList<object?> IterateIfTrue(JinjaRun run, object? value) =>
        value is GeneratorValue || PythonOperators.IsTrue(value) ? PythonOperators.Iterate(run, value) : [];

    private static string Join(JinjaRun run, object? value, CallArguments arguments)
    {
        object? path = arguments.Get(1, "attribute", null);
        IReadOnlyList<object?> items = PythonOperators.Iterate(run, value);
        return PythonStrings.Join(run, PythonText.Str(arguments.Get(0, "d", "")), path is null ? items : [.. items.Select(i => AttributeOf(run, i, path, null))], mustBeText: false);
    }

    private static GeneratorValue Map(JinjaRun run, object? value, CallArguments arguments)
    {
        IReadOnlyList<object?> items = IterateIfTrue(run, value);
        run.Budget.Take(items.Count);
        if (arguments.Positional.Count == 0 && arguments.Find("attribute", out object? path))
        {
            arguments.Find("default", out object? otherwise);
            return new GeneratorValue([.. items.Select(i => AttributeOf(run, i, path, otherwise))]);
        }

        string name = arguments.Text(0, "filter");
        CallArguments rest = arguments.Behind(1);
        return new GeneratorValue([.. items.Select(i => JinjaFilters.Apply(run, name, i, rest))]);
    }

    private static GeneratorValue Select(JinjaRun run, object? value, CallArguments arguments, bool byAttribute, bool wanted)
    {
        IReadOnlyList<object?> items = IterateIfTrue(run, value);
        object? path = byAttribute ? arguments.Get(0, "attribute", null) : null;
        CallArguments rest = byAttribute ? arguments.Behind(1) : arguments;
        string? test = rest.Positional.Count > 0 ? rest.Text(0, "test") : null;
        rest = rest.Behind(1);
        return new GeneratorValue([.. items.Where(item =>
        {
            object? subject = byAttribute ? AttributeOf(run, item, path, null) : item;
            return (test is null ? PythonOperators.IsTrue(subject) : JinjaTests.Holds(run, test, subject, rest)) == wanted;
        })]);
    }

    private static object? Reverse(JinjaRun run, object? value, CallArguments arguments)
    {
        IReadOnlyList<object?> items = PythonOperators.Iterate(run, value);
        run.Budget.Take(items.Count);
        return value is string ? string.Concat(items.Reverse().Cast<string>()) : new GeneratorValue([.. items.Reverse()]);
    }

    private static GeneratorValue Batch(JinjaRun run, object? value, CallArguments arguments)
    {
        long size = arguments.Integer(0, "linecount", 1);
        object? fill = arguments.Get(1, "fill_with", null);
        var batches = new List<object?>();
        List<object?> batch = [];
        foreach (object? item in PythonOperators.Iterate(run, value))
        {
            if (batch.Count == size)
            {
                batches.Add(batch);
                batch = [];
            }

            batch.Add(item);
        }

        if (batch.Count > 0)
        {
            if (fill is not null && batch.Count < size)
            {
                run.Budget.Take(size);
                batch.AddRange(Enumerable.Repeat(fill, (int)size - batch.Count));
            }

            batches.Add(batch);
        }

        return new GeneratorValue(batches);
    }

    private static GeneratorValue Slices(JinjaRun run, object? value, CallArguments arguments)
    {
        IReadOnlyList<object?> items = PythonOperators.Iterate(run, value);
        long slices = arguments.Integer(0, "slices", 1);
        object? fill = arguments.Get(1, "fill_with", null);
        if (slices < 1)
        {
            throw new JinjaFault("slice needs at least one slice");
        }

        run.Budget.Take(items.Count + slices);
        int each = items.Count / (int)slices, longer = items.Count % (int)slices, at = 0;
        var result = new List<object?>();
        for (int n = 0; n < slices; n++)
        {
            int take = each + (n < longer ? 1 : 0);
            List<object?> slice = [.. items.Skip(at).Take(take)];
            at += take;
            if (fill is not null && n >= longer)
            {
                slice.Add(fill);
            }

            result.Add(slice);
        }

        return new GeneratorValue(result);
    }

    private static object? Folded(JinjaRun run, object? value, bool keepsCase) => !keepsCase && value is string text ? PythonStrings.Lower(run, text) : value;

    private static List<object?> Ordered(JinjaRun run, IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse)
    {
        run.Budget.Take(items.Count * 2L);
        var order = Comparer<object?>.Create((a, b) => PythonOperators.Compare(run, a, b, "<"));
        try
        {
            return reverse ? [.. items.OrderByDescending(key, order)] : [.. items.OrderBy(key, order)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaFault fault)
        {
            throw fault;
        }
    }

    private static List<object?> Sort(JinjaRun run, object? value, CallArguments arguments)
    {
        bool keepsCase = PythonOperators.IsTrue(arguments.Get(1, "case_sensitive", false));
        object? path = arguments.Get(2, "attribute", null);
        object? Key(object? item) => path is string text && text.Contains(',', StringComparison.Ordinal)
            ? new TupleValue([.. text.Split(',').Select(part => Folded(run, AttributeOf(run, item, part.Trim(), null), keepsCase))])
            : Folded(run, path is null ? item : AttributeOf(run, item, path, null), keepsCase);
        return Ordered(run, PythonOperators.Iterate(run, value), Key, PythonOperators.IsTrue(arguments.Get(0, "reverse", false)));
    }

    private static List<object?> DictSort(JinjaRun run, object? value, CallArguments arguments)
    {
        if (value is not DictValue dict)
        {
            throw new JinjaFault($"'{PythonText.TypeName(value)}' object has no attribute 'items'");
        }

        bool keepsCase = PythonOperators.IsTrue(arguments.Get(0, "case_sensitive", false));
        string by = arguments.Text(1, "by", "key");
        int place = by switch { "key" => 0, "value" => 1, _ => throw new JinjaFault("You can only sort by either \"key\" or \"value\"") };
        List<object?> pairs = [.. dict.Items.Select(i => (object?)new TupleValue([i.Key, i.Value]))];
        return Ordered(run, pairs, pair => Folded(run, ((TupleValue)pair!).Items[place], keepsCase), PythonOperators.IsTrue(arguments.Get(2, "reverse", false)));
    }

    private static List<object?> GroupBy(JinjaRun run, object? value, CallArguments arguments)
    {
        object? path = arguments.Get(0, "attribute", null), otherwise = arguments.Get(1, "default", null);
        bool keepsCase = PythonOperators.IsTrue(arguments.Get(2, "case_sensitive", false));
        object? Key(object? item) => Folded(run, AttributeOf(run, item, path, otherwise), keepsCase);
        var groups = new List<object?>();
        GroupValue? last = null;
        foreach (object? item in Ordered(run, PythonOperators.Iterate(run, value), Key, reverse: false))
        {
            if (last is null || !PythonOperators.AreEqual(run, Folded(run, last.Grouper, keepsCase), Key(item)))
            {
                last = new GroupValue(AttributeOf(run, item, path, otherwise), []);
                groups.Add(last);
            }

            last.Members.Add(item);
        }

        return groups;
    }

    private static GeneratorValue Unique(JinjaRun run, object? value, CallArguments arguments)
    {
        bool keepsCase = PythonOperators.IsTrue(arguments.Get(0, "case_sensitive", false));
        object? path = arguments.Get(1, "attribute", null);
        var seen = new DictValue();
        var items = new List<object?>();
        foreach (object? item in PythonOperators.Iterate(run, value))
        {
            object? key = Folded(run, path is null ? item : AttributeOf(run, item, path, null), keepsCase);
            if (!seen.TryGet(key, out _))
            {
                seen.Set(key, null);
                items.Add(item);
            }
        }

        run.Budget.Take(items.Count);
        return new GeneratorValue(items);
    }

    private static object? Extreme(JinjaRun run, object? value, CallArguments arguments, int sign)
    {
        bool keepsCase = PythonOperators.IsTrue(arguments.Get(0, "case_sensitive", false));
        object? path = arguments.Get(1, "attribute", null);
        IReadOnlyList<object?> items = PythonOperators.Iterate(run, value);
        if (items.Count == 0)
        {
            return new Undefined("No aggregated item, sequence was empty.");
        }

        object? Key(object? item) => Folded(run, path is null ? item : AttributeOf(run, item, path, null), keepsCase);
        object? best = items[0];
        foreach (object? item in items.Skip(1))
        {
            best = PythonOperators.Compare(run, Key(item), Key(best), sign > 0 ? ">" : "<") * sign > 0 ? item : best;
        }

        return best;
    }

    private static object? Sum(JinjaRun run, object? value, CallArguments arguments)
    {
        object? path = arguments.Get(0, "attribute", null), total = arguments.Get(1, "start", 0L);
        foreach (object? item in PythonOperators.Iterate(run, value))
        {
            total = PythonOperators.Add(run, total, path is null ? item : AttributeOf(run, item, path, null));
        }

        return total;
    }
}
