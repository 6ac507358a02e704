namespace Razum.Training.Verifiers.Math;

/// <summary>Inequalities in one named quantity as the sets of its values: <c>x &lt; 2</c>, <c>1 &lt;= |z| &lt; 3</c>, <c>x ≠ 0</c>.</summary>
internal static class Solution
{
    private static readonly Node s_infinity = new Symbol("infty");
    private static readonly Node s_minusInfinity = new Call("neg", new Symbol("infty"));

    /// <summary>The set, or null where the relation is not of this kind.</summary>
    public static Node? Set(Relation relation)
    {
        if (relation.Operators.Count == 1)
        {
            char sign = relation.Operators[0];
            (Node left, Node right) = (relation.Sides[0], relation.Sides[1]);
            return Assignment.IsName(left) ? Single(left, sign, right) : Assignment.IsName(right) ? Single(right, Flip(sign), left) : null;
        }

        if (relation.Operators.Count != 2 || !Assignment.IsName(relation.Sides[1]))
        {
            return null;
        }

        Relation rising = Rising(relation);
        (char first, char second) = (rising.Operators[0], rising.Operators[1]);
        if (!(first is '<' or '≤' && second is '<' or '≤'))
        {
            return null;
        }

        Range range = new(rising.Sides[0], rising.Sides[2], first == '<', second == '<');
        return rising.Sides[1] is Call { Name: "abs" } ? new Collection(CollectionKind.Union, [range, Mirror(range)]) : range;
    }

    /// <summary>The same chain with &lt; and ≤ instead of &gt; and ≥, if all point that way.</summary>
    public static Relation Rising(Relation relation) => relation.Operators.All(o => o is '>' or '≥')
        ? new Relation([.. relation.Sides.Reverse()], [.. relation.Operators.Reverse().Select(Flip)])
        : relation;

    private static Node? Single(Node name, char sign, Node bound)
    {
        Node? set = sign switch
        {
            '<' or '≤' when name is Call { Name: "abs" } => new Range(new Call("neg", bound), bound, sign == '<', sign == '<'),
            '<' or '≤' => new Range(s_minusInfinity, bound, true, sign == '<'),
            '>' or '≥' => new Range(bound, s_infinity, sign == '>', true),
            '≠' => new Collection(CollectionKind.Union, [new Range(s_minusInfinity, bound, true, true), new Range(bound, s_infinity, true, true)]),
            '∈' => bound,
            _ => null,
        };
        return set is Range range && sign is '>' or '≥' && name is Call { Name: "abs" } ? new Collection(CollectionKind.Union, [set, Mirror((Range)set)]) : set;
    }

    private static Range Mirror(Range range) => new(new Call("neg", range.High), new Call("neg", range.Low), range.OpenHigh, range.OpenLow);

    private static char Flip(char sign) => sign switch { '<' => '>', '>' => '<', '≤' => '≥', '≥' => '≤', _ => sign };
}
