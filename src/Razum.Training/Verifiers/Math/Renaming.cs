namespace Razum.Training.Verifiers.Math;

/// <summary>Variables renamed by the order in which they first appear, for comparisons that ignore names.</summary>
internal static class Renaming
{
    public static Node Plain(Node node)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in InOrder(node).Where(FreeVariables.Of(node).Contains))
        {
            names.TryAdd(name, $"v{names.Count}");
        }

        return Rename(node, names);
    }

    private static IEnumerable<string> InOrder(Node node) => node is Symbol symbol ? [symbol.Name] : FreeVariables.Children(node).SelectMany(InOrder);

    private static Node Rename(Node node, Dictionary<string, string> names) => node switch
    {
        Symbol symbol => names.TryGetValue(symbol.Name, out string? name) ? new Symbol(name) : symbol,
        Call call => new Call(call.Name, call.Arguments.Select(a => Rename(a, names)).ToArray()),
        Application unknown => new Application(unknown.Name, [.. unknown.Arguments.Select(a => Rename(a, names))]),
        Series series => new Series(series.Kind, series.Variable, Rename(series.From, names), series.To is null ? null : Rename(series.To, names), Rename(series.Body, names)),
        _ => node,
    };
}
