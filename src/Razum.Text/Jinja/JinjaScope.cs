namespace Razum.Text.Jinja;

/// <summary>The variables of one block; what it does not have, the block around it may.</summary>
internal sealed class JinjaScope(JinjaScope? parent)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public bool TryGet(string name, out object? value)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope._parent)
        {
            if (scope._values.TryGetValue(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    private readonly JinjaScope? _parent = parent;

    public void Set(string name, object? value) => _values[name] = value;
}
