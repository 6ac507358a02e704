using System.Text;

namespace Razum.Text.Jinja;

/// <summary>One run of a template: what it may still use, where it stands, the text so far.</summary>
internal sealed class JinjaRun(DateTime now)
{
    public JinjaBudget Budget { get; } = new();

    /// <summary>What <c>strftime_now</c> sees.</summary>
    public DateTime Now { get; } = now;

    /// <summary>The source position of the last node that could fail.</summary>
    public int Position { get; set; }

    /// <summary>The text of the template itself; macros and captured blocks write elsewhere.</summary>
    public StringBuilder Root { get; } = new();

    /// <summary>Start and end (UTF-16 units of the root text) of what <c>generation</c> blocks wrote.</summary>
    public List<(int Start, int End)> Generated { get; } = [];

    /// <summary>Adds to a text within the budget.</summary>
    public void Write(StringBuilder output, string text)
    {
        Budget.Take(text.Length);
        output.Append(text);
    }
}
