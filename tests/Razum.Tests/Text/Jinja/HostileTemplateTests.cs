using Razum.Text.Jinja;

namespace Razum.Tests.Text.Jinja;

/// <summary>Templates that want all time, memory or stack, or out of their sandbox: each ends with one clear error.</summary>
public sealed class HostileTemplateTests
{
    [Theory]
    [InlineData("{{ 'x' * 1000000000 }}", "characters")]
    [InlineData("{{ ('x' * 100000) * 100000 }}", "characters")]
    [InlineData("{{ [0] * 1000000000 }}", "characters")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s=['x']) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}", "")]
    [InlineData("{% set ns = namespace(s=['x']) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}", "")]
    [InlineData("{% set ns = namespace(s=['x']) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s == [ns.s[0], ns.s[1]] }}{{ ns.s|string|length }}", "")]
    [InlineData("{{ '%x'|format(3.5) }}", "an integer is required")]
    [InlineData("{{ range(1000000000)|list }}", "Range too big")]
    [InlineData("{{ range(0, 10, -9223372036854775807)|list }}{{ range(-9223372036854775807, 9223372036854775807) }}", "Range too big")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep")]
    [InlineData("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}", "deep")]
    [InlineData("{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}", "deep")]
    [InlineData("{{ 2 ** 100000000 }}", "bits")]
    [InlineData("{{ 10 ** 1000 ** 1000 }}", "bits")]
    [InlineData("{{ '%1000000000d' % 1 }}", "width")]
    [InlineData("{{ '{:1000000000}'.format(1) }}", "width")]
    [InlineData("{{ 'x'.ljust(1000000000000) }}", "characters")]
    [InlineData("{{ 'x'|center(10000000000) }}", "characters")]
    [InlineData("{{ 'abc'.replace('', 'x' * 60000000) }}", "characters")]
    [InlineData("{{ 'x\n'|indent('y' * 60000000, true) }}{{ ('x\n' * 1000)|indent('y' * 1000000, true) }}", "characters")]
    [InlineData("{{ [1]|tojson(indent=1000000000) }}", "indent")]
    [InlineData("{{ [1]|batch(1000000000, 0)|list }}", "characters")]
    [InlineData("{{ [1]|slice(1000000000)|list }}", "characters")]
    [InlineData("{{ ''.__class__.__mro__ }}", "unsafe")]
    [InlineData("{{ ''['__class__']['__mro__'] }}", "unsafe")]
    [InlineData("{{ ''|attr('__class__')|attr('__mro__') }}{{ ''.__class__() }}", "unsafe")]
    [InlineData("{{ '{0.__class__}'.format('') }}", "")]
    [InlineData("{% include 'other' %}", "not supported")]
    [InlineData("{% extends '/etc/passwd' %}", "not supported")]
    public void EndsWithOneError(string template, string expected)
    {
        JinjaException e = Assert.Throws<JinjaException>(() => new JinjaTemplate("hostile", template).Render([], DateTime.UnixEpoch));
        Assert.StartsWith("hostile, line ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    public static IEnumerable<TheoryDataRow<string, string>> Nested =>
    [
        new("(", ")"), new("[", "]"), new("{1:", "}"), new("-", ""), new("not ", ""), new("1 if 1 else ", ""), new("x[", "]"), new("f(", ")"), new("", ".a"), new("", "|e"), new("1+", ""),
        new("1 and ", ""), new("1 == ", ""), new("", "()"), new("", "[0]"), new("1 ~ (", ")"),
    ];

    [Theory]
    [MemberData(nameof(Nested))]
    public void DeeplyNested(string open, string close)
    {
        foreach (int depth in (int[])[1000, 20_000])
        {
            string expression = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
            EndsInTime("{{ " + expression + " }}");
        }
    }

    [Theory]
    [InlineData("{% if 1 %}", "{% endif %}")]
    [InlineData("{% for x in [1] %}", "{% endfor %}")]
    [InlineData("{% set x %}", "{% endset %}")]
    [InlineData("{% macro m() %}", "{% endmacro %}")]
    [InlineData("{% filter upper %}", "{% endfilter %}")]
    [InlineData("{% if 1 %}", "")]
    [InlineData("{{", "")]
    [InlineData("{#", "")]
    [InlineData("{% raw %}", "")]
    public void DeeplyNestedBlocks(string open, string close) =>
        EndsInTime(string.Concat(Enumerable.Repeat(open, 20_000)) + "x" + string.Concat(Enumerable.Repeat(close, 20_000)));

    [Fact]
    public void TheErrorSaysWhere()
    {
        JinjaException e = Assert.Throws<JinjaException>(() => new JinjaTemplate("t", "a\n  {{ x }}\n {{ 1 + x.y.z }}").Render([], DateTime.UnixEpoch));
        Assert.Equal((3, 11), (e.Line, e.Column));
        Assert.Equal("'x' is undefined", e.Reason);
        Assert.Equal(2, Assert.Throws<JinjaException>(() => new JinjaTemplate("t", "a\n{% if %}")).Line);
    }

    private static void EndsInTime(string template)
    {
        try
        {
            new JinjaTemplate("hostile", template).Render([], DateTime.UnixEpoch);
        }
        catch (JinjaException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }
}
