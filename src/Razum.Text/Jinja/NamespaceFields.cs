namespace Razum.Text.Jinja;

/// <summary>What may be stored on a namespace.</summary>
internal static class NamespaceFields
{
    public static void Set(JinjaRun run, NamespaceValue space, string field, object? value)
    {
        if (field.StartsWith('_'))
        {
            throw new JinjaFault($"Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{field}'. Please rename the attribute.");
        }

        run.Budget.Step();
        space.Fields[field] = value;
    }
}
