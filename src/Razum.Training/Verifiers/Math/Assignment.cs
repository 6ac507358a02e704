namespace Razum.Training.Verifiers.Math;

/// <summary>Relations that only name a value: <c>x = 5</c> is worth 5, <c>x = 2 + 3 = 5</c> too, <c>x ∈ S</c> is worth S; <c>2x + z = 1</c> is an equation.</summary>
internal static class Assignment
{
    /// <summary>The value, or null where the relation is none of this kind.</summary>
    public static Node? Value(Relation relation)
    {
        Relation exact = WithoutApproximations(relation);
        Node last = exact.Sides[^1], before = exact.Sides[^2];
        if (exact.Operators is ['∈'])
        {
            return IsName(before) ? last : null;
        }

        if (!exact.Operators.All(o => o is '=' or '≈'))
        {
            return null;
        }

        return IsName(exact.Sides[0]) || IsName(before) ? last
            : IsNumber(before) && IsNumber(last) ? last
            : exact.Sides.Count == 2 && IsNumber(before) && IsName(last) ? before
            : null;
    }

    /// <summary>First side = last side, without roundings behind ≈.</summary>
    public static (Node Left, Node Right)? Equation(Relation relation)
    {
        Relation exact = WithoutApproximations(relation);
        return exact.Operators.All(o => o is '=' or '≈') ? (exact.Sides[0], exact.Sides[^1]) : null;
    }

    /// <summary>Whether it can only be the name of something: a variable, f(x), |AB|, AB, a:b, (p, q), words.</summary>
    public static bool IsName(Node node) => node switch
    {
        Symbol symbol => symbol.Name is not ("pi" or "e" or "infty"),
        Application or Words => true,
        Call { Name: "abs" or "neg" } call => call.Name == "abs" && (IsName(call.Arguments[0]) || IsCapitals(call.Arguments[0])),
        Call { Name: "/" or "ratio" } call => call.Arguments.All(a => IsName(a) || IsCapitals(a)),
        Call { Name: "*" } => IsCapitals(node),
        Collection { Kind: CollectionKind.Tuple } tuple => tuple.Items.All(IsName),
        _ => false,
    };

    // AB, \angle BAC, \text{Area} of ABC: points by capitals.
    private static bool IsCapitals(Node node) => node is Call { Name: "*" } product
        && product.Arguments.All(a => a is Words or Application || (a is Symbol s && (char.IsAsciiLetterUpper(s.Name[0]) || s.Name is "angle" or "triangle" or "Delta")));

    private static bool IsNumber(Node node) => node is not (Relation or Collection or Range or Matrix or Words) && FreeVariables.IsConstant(node) && !IsName(node);

    private static Relation WithoutApproximations(Relation relation)
    {
        int first = relation.Operators.ToList().IndexOf('≈');
        return first > 0 ? new Relation([.. relation.Sides.Take(first + 1)], [.. relation.Operators.Take(first)]) : relation;
    }
}
