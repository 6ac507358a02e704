using System.Globalization;
using System.Text;

namespace Razum.Text.Jinja;

/// <summary>Values as Python's <c>json.dumps</c> writes them.</summary>
internal sealed class JsonText
{
    private const int MaxNesting = 200;

    private readonly JinjaRun _run;
    private readonly StringBuilder _text = new();
    private readonly bool _ascii;
    private readonly bool _sorted;
    private readonly string? _indent;
    private readonly string _item;
    private readonly string _key;

    private JsonText(JinjaRun run, CallArguments arguments)
    {
        _run = run;
        _ascii = PythonOperators.IsTrue(arguments.Get(0, "ensure_ascii", false));
        _indent = arguments.Get(1, "indent", null) switch
        {
            null => null,
            string text => text,
            long count and <= 1000 => new string(' ', (int)Math.Max(count, 0)),
            long => throw new JinjaFault("an indent of more than 1000 blanks"),
            object other => throw new JinjaFault($"indent must be an int or a str, not {PythonText.TypeName(other)}"),
        };
        (_item, _key) = arguments.Get(2, "separators", null) switch
        {
            null => (_indent is null ? ", " : ",", ": "),
            TupleValue { Items: [string item, string key] } => (item, key),
            List<object?> and [string item, string key] => (item, key),
            _ => throw new JinjaFault("separators must be a pair of str"),
        };
        _sorted = PythonOperators.IsTrue(arguments.Get(3, "sort_keys", false));
    }

    /// <summary><c>value|tojson(ensure_ascii, indent, separators, sort_keys)</c></summary>
    public static string Write(JinjaRun run, object? value, CallArguments arguments)
    {
        var json = new JsonText(run, arguments);
        json.Append(value, 0);
        return json._text.ToString();
    }

    private void Append(object? value, int depth)
    {
        _run.Budget.Step();
        if (depth > MaxNesting)
        {
            throw new JinjaFault("a value is nested too deep for JSON");
        }

        switch (MarkupValue.Plain(value))
        {
            case null:
                _run.Write(_text, "null");
                break;
            case bool flag:
                _run.Write(_text, flag ? "true" : "false");
                break;
            case double number:
                _run.Write(_text, double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.Float(number));
                break;
            case long or System.Numerics.BigInteger:
                _run.Write(_text, PythonText.Str(value));
                break;
            case string text:
                AppendText(text);
                break;
            case List<object?> list:
                AppendAll('[', list.Count, list, (item, _) => Append(item, depth + 1), ']', depth);
                break;
            case TupleValue tuple:
                AppendAll('[', tuple.Items.Length, tuple.Items, (item, _) => Append(item, depth + 1), ']', depth);
                break;
            case DictValue dict:
                IEnumerable<(object? Key, object? Value)> items = _sorted
                    ? dict.Items.OrderBy(i => i.Key, Comparer<object?>.Create((a, b) => PythonOperators.Compare(_run, a, b, "<"))) : dict.Items;
                AppendAll('{', dict.Count, items, (item, _) => AppendPair(item.Key, item.Value, depth), '}', depth);
                break;
            default:
                throw new JinjaFault($"Object of type {PythonText.TypeName(value)} is not JSON serializable");
        }
    }

    private void AppendPair(object? key, object? value, int depth)
    {
        AppendText(key switch
        {
            string text => text,
            null => "null",
            bool flag => flag ? "true" : "false",
            long or double or System.Numerics.BigInteger => PythonText.Str(key),
            _ => throw new JinjaFault($"keys must be str, int, float, bool or None, not {PythonText.TypeName(key)}"),
        });
        _run.Write(_text, _key);
        Append(value, depth + 1);
    }

    private void AppendAll<T>(char open, int count, IEnumerable<T> items, Action<T, int> append, char close, int depth)
    {
        _text.Append(open);
        int n = 0;
        foreach (T item in items)
        {
            _run.Write(_text, n > 0 ? _item : "");
            NewLine(depth + 1);
            append(item, n++);
        }

        if (count > 0)
        {
            NewLine(depth);
        }

        _text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (_indent is not null)
        {
            _run.Budget.Take((_indent.Length * depth) + 1);
            _text.Append('\n').Insert(_text.Length, _indent, depth);
        }
    }

    private void AppendText(string text)
    {
        _run.Budget.Take(text.Length + 2);
        _text.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    _text.Append('\\').Append(c);
                    break;
                case '\n' or '\r' or '\t' or '\b' or '\f':
                    _text.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r', '\t' => 't', '\b' => 'b', _ => 'f' });
                    break;
                case < ' ':
                case > '\x7E' when _ascii:
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    _text.Append(c);
                    break;
            }
        }

        _text.Append('"');
    }
}
