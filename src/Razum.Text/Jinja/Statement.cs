using System.Text;

namespace Razum.Text.Jinja;

/// <summary>How a statement ended: a loop may be left.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A statement of a template, or text between them.</summary>
internal abstract class Statement
{
    public abstract Flow Execute(JinjaRun run, JinjaScope scope, StringBuilder output);

    /// <summary>Executes a body in order, up to a break or continue.</summary>
    public static Flow ExecuteAll(List<Statement> body, JinjaRun run, JinjaScope scope, StringBuilder output)
    {
        foreach (Statement statement in body)
        {
            run.Budget.Step();
            if (statement.Execute(run, scope, output) is Flow flow and not Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    /// <summary>The text a body writes, in a scope of its own.</summary>
    public static string Capture(List<Statement> body, JinjaRun run, JinjaScope scope)
    {
        var output = new StringBuilder();
        ExecuteAll(body, run, scope, output);
        return output.ToString();
    }
}
