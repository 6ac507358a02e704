using System.Text;

namespace Razum.Text.Jinja;

/// <summary>
/// A Jinja template in the environment of published chat templates (transformers): trim_blocks, lstrip_blocks, loop controls, <c>generation</c> blocks,
/// <c>tojson</c> without HTML escapes, <c>raise_exception</c>, <c>strftime_now</c>. It reads values and makes text, nothing else: no type of the program can be
/// reached, and time, memory and depth are bounded (<see cref="JinjaBudget"/>). Immutable; safe to share between threads.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly string _name;
    private readonly string _source;
    private readonly List<Statement> _body;

    /// <param name="name">Its name in messages.</param>
    /// <param name="template">Its text.</param>
    /// <exception cref="JinjaException">It is no valid template.</exception>
    public JinjaTemplate(string name, string template)
    {
        (_name, _source, _body) = (name, template, []);
        try
        {
            (_source, List<JinjaToken> tokens) = JinjaLexer.Read(template);
            _body = JinjaParser.Parse(tokens);
            HasGeneration = tokens.Exists(t => t.IsName("generation"));
        }
        catch (JinjaFault fault)
        {
            throw Locate(fault, 0);
        }
    }

    /// <summary>Has it <c>generation</c> blocks?</summary>
    public bool HasGeneration { get; }

    /// <summary>The text for some variables, and the spans (start, end in UTF-16 units) that its generation blocks wrote.</summary>
    /// <param name="variables">Values as <see cref="JinjaVariables"/> makes them.</param>
    /// <param name="now">What <c>strftime_now</c> sees.</param>
    /// <exception cref="JinjaException">The template failed or raised.</exception>
    public (string Text, List<(int Start, int End)> Generated) Render(IEnumerable<KeyValuePair<string, object?>> variables, DateTime now)
    {
        var run = new JinjaRun(now);
        try
        {
            var globals = new JinjaScope(JinjaGlobals.Scope);
            foreach ((string name, object? value) in variables)
            {
                globals.Set(name, value);
            }

            Statement.ExecuteAll(_body, run, globals, run.Root);
            return (run.Root.ToString(), run.Generated);
        }
        catch (JinjaFault fault)
        {
            throw Locate(fault, run.Position);
        }
    }

    private JinjaException Locate(JinjaFault fault, int running)
    {
        int position = Math.Clamp(fault.Position >= 0 ? fault.Position : running, 0, _source.Length);
        ReadOnlySpan<char> before = _source.AsSpan(0, position);
        return new JinjaException(_name, before.Count('\n') + 1, position - before.LastIndexOf('\n'), fault.Message);
    }
}
