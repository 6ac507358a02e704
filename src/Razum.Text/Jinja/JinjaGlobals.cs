using System.Globalization;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>The functions every template has.</summary>
internal static class JinjaGlobals
{
    private const long MaxRange = 100_000; // the reference's sandbox has the same

    /// <summary>All of them by name.</summary>
    public static JinjaScope Scope { get; } = Build();

    private static JinjaScope Build()
    {
        var scope = new JinjaScope(null);
        Add("range", Range);
        Add("dict", (run, arguments) => Dict(run, arguments));
        Add("namespace", Namespace);
        Add("joiner", (_, arguments) => new JoinerValue(arguments.Text(0, "sep", ", ")));
        Add("cycler", (_, arguments) => new CyclerValue(arguments.Positional));
        Add("raise_exception", (_, arguments) => throw new JinjaFault(PythonText.Str(arguments.Get(0, "message", ""))));
        Add("strftime_now", (run, arguments) => FormatTime(run.Now, arguments.Text(0, "format")));
        return scope;

        void Add(string name, Func<JinjaRun, CallArguments, object?> body) => scope.Set(name, new CallableValue(name, body));
    }

    private static RangeValue Range(JinjaRun run, CallArguments arguments)
    {
        int count = arguments.Positional.Count;
        if (count is < 1 or > 3)
        {
            throw new JinjaFault($"range expected 1 to 3 arguments, got {count}");
        }

        long start = count > 1 ? arguments.Integer(0, "", 0) : 0, stop = arguments.Integer(count > 1 ? 1 : 0, "", 0), step = arguments.Integer(2, "", 1);
        bool fits = Math.Abs((double)start) < 1e15 && Math.Abs((double)stop) < 1e15 && Math.Abs((double)step) < 1e15;
        if (step == 0)
        {
            throw new JinjaFault("range() arg 3 must not be zero");
        }

        var range = new RangeValue(start, stop, step);
        return fits && range.Count <= MaxRange ? range : throw new JinjaFault($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).");
    }

    private static DictValue Dict(JinjaRun run, CallArguments arguments)
    {
        var dict = new DictValue();
        if (arguments.Positional.Count > 0)
        {
            if (arguments.Positional[0] is DictValue other)
            {
                foreach ((object? key, object? value) in other.Items)
                {
                    dict.Set(key, value);
                }
            }
            else
            {
                foreach (object? item in PythonOperators.Iterate(run, arguments.Positional[0]))
                {
                    IReadOnlyList<object?> pair = PythonOperators.Iterate(run, item);
                    dict.Set(pair.Count == 2 ? pair[0] : throw new JinjaFault("dictionary update sequence element has not length 2"), pair[1]);
                }
            }
        }

        foreach ((string name, object? value) in arguments.Named)
        {
            dict.Set(name, value);
        }

        run.Budget.Take(dict.Count);
        return dict;
    }

    private static NamespaceValue Namespace(JinjaRun run, CallArguments arguments)
    {
        var space = new NamespaceValue();
        foreach ((object? name, object? value) in Dict(run, arguments).Items)
        {
            NamespaceFields.Set(run, space, PythonText.Str(name), value);
        }

        return space;
    }

    private static string FormatTime(DateTime now, string format)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            bool bare = format[i + 1] == '-' && i + 2 < format.Length; // %-d: no zero before
            i += bare ? 2 : 1;
            string part = TimePart(now, format[i]);
            text.Append(bare ? part.TrimStart('0') is { Length: > 0 } digits ? digits : "0" : part);
        }

        return text.ToString();
    }

    private static string TimePart(DateTime now, char letter)
    {
        string Format(string format) => now.ToString(format, CultureInfo.InvariantCulture);
        return letter switch
        {
            'd' => Format("dd"),
            'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'm' => Format("MM"),
            'b' or 'h' => Format("MMM"),
            'B' => Format("MMMM"),
            'Y' => Format("yyyy"),
            'y' => Format("yy"),
            'H' => Format("HH"),
            'I' => Format("hh"),
            'M' => Format("mm"),
            'S' => Format("ss"),
            'f' => Format("ffffff"),
            'p' => now.Hour < 12 ? "AM" : "PM",
            'A' => Format("dddd"),
            'a' => Format("ddd"),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'F' => Format("yyyy-MM-dd"),
            'T' => Format("HH:mm:ss"),
            'R' => Format("HH:mm"),
            'D' => Format("MM/dd/yy"),
            'n' => "\n",
            't' => "\t",
            'Z' or 'z' => "",
            '%' => "%",
            _ => "%" + letter,
        };
    }

    private sealed class JoinerValue(string separator) : ObjectValue
    {
        private bool _used;

        public override string TypeName => "Joiner";

        public override object? Call(JinjaRun run, CallArguments arguments)
        {
            string text = _used ? separator : "";
            _used = true;
            return text;
        }
    }

    private sealed class CyclerValue(List<object?> items) : ObjectValue
    {
        private int _at;

        public override string TypeName => "Cycler";

        public override bool IsCallable => false;

        public override bool TryGet(JinjaRun run, string name, out object? value)
        {
            if (items.Count == 0)
            {
                throw new JinjaFault("at least one item has to be provided");
            }

            value = name switch
            {
                "current" => items[_at],
                "next" => new CallableValue("next", (_, _) => Next()),
                "reset" => new CallableValue("reset", (_, _) => _at = 0),
                _ => null,
            };
            return name is "current" or "next" or "reset";
        }

        private object? Next()
        {
            object? item = items[_at];
            _at = (_at + 1) % items.Count;
            return item;
        }
    }
}
