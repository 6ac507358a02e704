namespace Razum.Training.Verifiers.Math;

/// <summary>The variables of an expression that nothing binds.</summary>
internal static class FreeVariables
{
    private static readonly HashSet<string> s_constants = new(StringComparer.Ordinal) { "pi", "e", "i", "infty" };

    public static bool IsConstant(Node node) => Of(node).Count == 0;

    public static SortedSet<string> Of(Node node)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        Add(node, found, []);
        return found;
    }

    /// <summary>Whether a decimal is written anywhere in it.</summary>
    public static bool HasDecimal(Node node) => node is Literal { IsDecimal: true } || Children(node).Any(HasDecimal);

    public static IEnumerable<Node> Children(Node node) => node switch
    {
        Call call => call.Arguments,
        Application unknown => unknown.Arguments,
        Series series => series.To is null ? [series.From, series.Body] : [series.From, series.To, series.Body],
        Collection collection => collection.Items,
        Range range => [range.Low, range.High],
        Relation relation => relation.Sides,
        Matrix matrix => matrix.Rows.SelectMany(r => r),
        _ => [],
    };

    private static void Add(Node node, SortedSet<string> found, HashSet<string> bound)
    {
        switch (node)
        {
            case Symbol symbol when !s_constants.Contains(symbol.Name) && !bound.Contains(symbol.Name):
                found.Add(symbol.Name);
                break;
            case Series series:
                Add(series.From, found, bound);
                if (series.To is not null)
                {
                    Add(series.To, found, bound);
                }

                Add(series.Body, found, [.. bound, series.Variable]);
                break;
            default:
                foreach (Node child in Children(node))
                {
                    Add(child, found, bound);
                }

                break;
        }
    }
}
