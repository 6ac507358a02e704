namespace Razum.Training.Verifiers.Math;

/// <summary>A text for each expression, the same for those that differ only in the order of sums and products. For what has no value.</summary>
internal static class Canonical
{
    public static string Text(Node node) => node switch
    {
        Literal literal => literal.Value.ToString(),
        Symbol symbol => symbol.Name,
        Words words => $"\"{words.Text}\"",
        Call { Name: "+" or "*" } call => $"({string.Join(call.Name, call.Arguments.Select(Text).Order(StringComparer.Ordinal))})",
        Call call => $"{call.Name}({Join(call.Arguments)})",
        Application unknown => $"{unknown.Name}[{Join(unknown.Arguments)}]",
        Series series => $"{series.Kind}({series.Variable};{Text(series.From)};{(series.To is null ? "" : Text(series.To))};{Text(series.Body)})",
        Collection { Kind: CollectionKind.Tuple } tuple => $"({Join(tuple.Items)})",
        Collection collection => $"{collection.Kind}{{{string.Join(',', collection.Items.Select(Text).Order(StringComparer.Ordinal))}}}",
        Range range => $"{(range.OpenLow ? '(' : '[')}{Text(range.Low)};{Text(range.High)}{(range.OpenHigh ? ')' : ']')}",
        Relation relation => string.Join(' ', relation.Sides.Select((s, i) => i == 0 ? Text(s) : $"{relation.Operators[i - 1]} {Text(s)}")),
        Matrix matrix => $"[{string.Join(';', matrix.Rows.Select(Join))}]",
        _ => "",
    };

    private static string Join(IEnumerable<Node> nodes) => string.Join(',', nodes.Select(Text));
}
