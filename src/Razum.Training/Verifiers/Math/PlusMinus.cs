namespace Razum.Training.Verifiers.Math;

/// <summary>a ± b as the two values it stands for. All signs of one expression go together; ∓ goes against them.</summary>
internal static class PlusMinus
{
    public static bool IsIn(Node node) => node is Call { Name: "plusminus" or "minusplus" } || FreeVariables.Children(node).Any(IsIn);

    /// <summary>The expression with the upper signs, or with the lower ones.</summary>
    public static Node Choose(Node node, bool upper) => node switch
    {
        Call { Name: "plusminus" or "minusplus" } call => (call.Name == "plusminus") == upper
            ? new Call("+", Choose(call.Arguments[0], upper), Choose(call.Arguments[1], upper))
            : new Call("+", Choose(call.Arguments[0], upper), new Call("neg", Choose(call.Arguments[1], upper))),
        Call call => new Call(call.Name, call.Arguments.Select(a => Choose(a, upper)).ToArray()),
        Application unknown => new Application(unknown.Name, [.. unknown.Arguments.Select(a => Choose(a, upper))]),
        Collection collection => new Collection(collection.Kind, [.. collection.Items.Select(a => Choose(a, upper))]),
        Relation relation => new Relation([.. relation.Sides.Select(a => Choose(a, upper))], relation.Operators),
        _ => node,
    };
}
