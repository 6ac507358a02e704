using System.Numerics;

namespace Razum.Text.Jinja;

/// <summary>The tests behind <c>is</c>.</summary>
internal static class JinjaTests
{
    private static readonly Dictionary<string, Func<JinjaRun, object?, CallArguments, bool>> s_tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (_, value, _) => value is not Undefined,
        ["undefined"] = (_, value, _) => value is Undefined,
        ["none"] = (_, value, _) => value is null,
        ["boolean"] = (_, value, _) => value is bool,
        ["true"] = (_, value, _) => value is true,
        ["false"] = (_, value, _) => value is false,
        ["integer"] = (_, value, _) => value is long or BigInteger,
        ["float"] = (_, value, _) => value is double,
        ["number"] = (_, value, _) => PythonOperators.IsNumber(value),
        ["string"] = (_, value, _) => value is string,
        ["mapping"] = (_, value, _) => value is DictValue,
        ["iterable"] = (_, value, _) => value is not (null or bool or long or BigInteger or double or NamespaceValue or CallableValue or ObjectValue) || value is LoopValue,
        ["sequence"] = (_, value, _) => value is string or List<object?> or TupleValue or GroupValue or DictValue or RangeValue or BytesValue or Undefined,
        ["callable"] = (_, value, _) => value is CallableValue or Undefined || value is ObjectValue { IsCallable: true },
        ["sameas"] = (run, value, a) => ReferenceEquals(value, a.Get(0, "other", null))
            || (PythonText.TypeName(value) == PythonText.TypeName(a.Get(0, "other", null)) && value is not (List<object?> or DictValue) && PythonOperators.AreEqual(run, value, a.Get(0, "other", null))),
        ["escaped"] = (_, _, _) => false,
        ["lower"] = (_, value, _) => PythonText.Str(value) is { } text && text.EnumerateRunes().Any(System.Text.Rune.IsLower) && !text.EnumerateRunes().Any(System.Text.Rune.IsUpper),
        ["upper"] = (_, value, _) => PythonText.Str(value) is { } text && text.EnumerateRunes().Any(System.Text.Rune.IsUpper) && !text.EnumerateRunes().Any(System.Text.Rune.IsLower),
        ["even"] = (_, value, _) => IsZero(PythonOperators.Arithmetic("%", value, 2L)),
        ["odd"] = (_, value, _) => PythonOperators.Arithmetic("%", value, 2L) is 1L or 1.0,
        ["divisibleby"] = (_, value, a) => IsZero(PythonOperators.Arithmetic("%", value, a.Get(0, "num", 1L))),
        ["in"] = (run, value, a) => PythonOperators.Contains(run, a.Get(0, "seq", null), value),
        ["filter"] = (_, value, _) => value is string name && JinjaFilters.Exists(name),
        ["test"] = (_, value, _) => value is string name && Exists(name),
        ["eq"] = Sign("=="),
        ["equalto"] = Sign("=="),
        ["=="] = Sign("=="),
        ["ne"] = Sign("!="),
        ["!="] = Sign("!="),
        ["lt"] = Sign("<"),
        ["lessthan"] = Sign("<"),
        ["<"] = Sign("<"),
        ["le"] = Sign("<="),
        ["<="] = Sign("<="),
        ["gt"] = Sign(">"),
        ["greaterthan"] = Sign(">"),
        [">"] = Sign(">"),
        ["ge"] = Sign(">="),
        [">="] = Sign(">="),
    };

    public static bool Holds(JinjaRun run, string name, object? value, CallArguments arguments)
    {
        run.Budget.Step();
        return s_tests.TryGetValue(name, out Func<JinjaRun, object?, CallArguments, bool>? test) ? test(run, MarkupValue.Plain(value), arguments)
            : throw new JinjaFault($"No test named '{name}' found.");
    }

    private static bool Exists(string name) => s_tests.ContainsKey(name);

    private static Func<JinjaRun, object?, CallArguments, bool> Sign(string sign) => (run, value, a) => Comparison.Holds(run, sign, value, a.Get(0, "other", null));

    private static bool IsZero(object? value) => value is 0L or 0.0;
}
