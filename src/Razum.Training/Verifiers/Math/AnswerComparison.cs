using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>Whether an answer means the same as the truth. Not symmetric: the truth decides what kind of thing is asked for.</summary>
internal sealed partial class AnswerComparison(MathSettings settings, StepBudget budget)
{
    private const int MostItems = 60;

    private readonly ScalarComparison _scalars = new(settings, budget);

    /// <exception cref="NoValueException">The budget is used up.</exception>
    public bool AreEqual(ParsedAnswer gold, ParsedAnswer answer)
    {
        string first = Plain(gold.Source), second = Plain(answer.Source);
        if (first.Length > 0 && first == second)
        {
            return true;
        }

        if (gold.Node is Words || answer.Node is Words)
        {
            return MayBeWords(gold.Node) && MayBeWords(answer.Node) && Wording(first) is { Length: > 0 } words && words == Wording(second);
        }

        if (gold.Node is null || answer.Node is null)
        {
            return false;
        }

        return Equal(gold.Node, answer.Node, true);
    }

    private bool Equal(Node gold, Node answer, bool top)
    {
        budget.Take(10);
        (gold, answer) = (Prepare(gold), Prepare(answer));
        if (top && (gold is Call { Name: "percent" } || answer is Call { Name: "percent" }))
        {
            return EqualPercent(gold, answer);
        }

        return (gold, answer) switch
        {
            (Relation a, Relation b) => EqualRelations(a, b),
            (Relation a, _) => Assignment.Value(a) is { } value ? Equal(value, answer, top) : IsSet(answer) && Solution.Set(a) is { } set && EqualSets(set, answer),
            (_, Relation b) => Assignment.Value(b) is { } value ? Equal(gold, value, top)
                : settings.RelationForSet && IsSet(gold) && Solution.Set(b) is { } set && EqualSets(gold, set),
            (Matrix a, Matrix b) => EqualMatrices(a, b),
            (Words a, Words b) => Wording(a.Text) == Wording(b.Text),
            (Call { Name: "ratio" } a, Call { Name: "ratio" } b) => EqualItems(a.Arguments, b.Arguments) || _scalars.AreEqual(a, b),
            _ when IsSet(gold) || IsSet(answer) => EqualSets(Alternatives(gold, answer), Alternatives(answer, gold)),
            _ => _scalars.AreEqual(gold, answer),
        };
    }

    // ± becomes a list of two; a list of one its item; sums of matrices one matrix.
    private static Node Prepare(Node node)
    {
        if (node is Collection list && list.Kind != CollectionKind.Union)
        {
            Node[] items = [.. list.Items.SelectMany(i => PlusMinus.IsIn(i) && i is not Collection ? [PlusMinus.Choose(i, true), PlusMinus.Choose(i, false)] : new[] { i })];
            return items.Length == 1 ? Prepare(items[0]) : list with { Items = items };
        }

        return node is not Collection && PlusMinus.IsIn(node)
            ? new Collection(CollectionKind.List, [PlusMinus.Choose(node, true), PlusMinus.Choose(node, false)])
            : MatrixAlgebra.Fold(node);
    }

    // "45%" is right for 0.45 and for 45; two percentages compare as they are.
    private bool EqualPercent(Node gold, Node answer)
    {
        Node? a = gold is Call { Name: "percent" } p ? p.Arguments[0] : null, b = answer is Call { Name: "percent" } q ? q.Arguments[0] : null;
        return a is not null && b is not null ? Equal(a, b, false) : Equal(gold, answer, false) || Equal(a ?? gold, b ?? answer, false);
    }

    private bool EqualRelations(Relation gold, Relation answer)
    {
        if (Assignment.Equation(gold) is { } a && Assignment.Equation(answer) is { } b)
        {
            return EqualEquations(a, b) || (Assignment.Value(gold) is { } x && Assignment.Value(answer) is { } y && SameName(a.Left, b.Left, y) && Equal(x, y, true));
        }

        if (gold.Operators is ['∈'] && answer.Operators is ['∈'])
        {
            return Canonical.Text(gold.Sides[0]) == Canonical.Text(answer.Sides[0]) && Equal(gold.Sides[1], answer.Sides[1], false);
        }

        bool sets = settings.RelationForSet || gold.Operators is not ['∈'];
        return EqualChains(Solution.Rising(gold), Solution.Rising(answer))
            || (sets && Subject(gold) is { } name && name == Subject(answer) && Solution.Set(gold) is { } first && Solution.Set(answer) is { } second && EqualSets(first, second));
    }

    // The named quantity that an inequality is about.
    private static string? Subject(Relation relation) => relation.Sides.FirstOrDefault(Assignment.IsName) is { } name
        ? Canonical.Text(name is Call { Name: "abs" } size ? size.Arguments[0] : name)
        : null;

    private bool EqualEquations((Node Left, Node Right) gold, (Node Left, Node Right) answer) =>
        IsScalar(gold.Left) && IsScalar(gold.Right) && IsScalar(answer.Left) && IsScalar(answer.Right)
        && _scalars.AreProportional(Difference(gold.Left, gold.Right), Difference(answer.Left, answer.Right), false);

    // x = 5 and x = 2 + 3; W(n) = 1 and W(x) = 1, where the argument does not matter.
    private static bool SameName(Node gold, Node answer, Node value) => Canonical.Text(gold) == Canonical.Text(answer)
        || (gold is Application a && answer is Application b && a.Name == b.Name && FreeVariables.IsConstant(value) && a.Arguments.All(Assignment.IsName) && b.Arguments.All(Assignment.IsName));

    private bool EqualChains(Relation gold, Relation answer)
    {
        if (gold.Operators.Count != answer.Operators.Count || !gold.Sides.Concat(answer.Sides).All(IsScalar))
        {
            return false;
        }

        for (int i = 0; i < gold.Operators.Count; i++)
        {
            char sign = gold.Operators[i];
            if (sign != answer.Operators[i] || sign is '∈'
                || !_scalars.AreProportional(Difference(gold.Sides[i], gold.Sides[i + 1]), Difference(answer.Sides[i], answer.Sides[i + 1]), sign is not ('≠' or '=' or '≈')))
            {
                return false;
            }
        }

        return true;
    }

    private static Call Difference(Node a, Node b) => new("+", a, new Call("neg", b));

    private bool EqualMatrices(Matrix gold, Matrix answer) =>
        gold.Rows.Count == answer.Rows.Count && gold.Rows.Zip(answer.Rows).All(r => EqualItems(r.First, r.Second));

    private bool EqualSets(Node gold, Node answer)
    {
        if ((gold, answer) is (Collection { Kind: not CollectionKind.Union } a, Collection { Kind: not CollectionKind.Union } b))
        {
            return EqualCollections(a, b);
        }

        if (RealSet.From(gold, _scalars.Value) is { } first && RealSet.From(answer, _scalars.Value) is { } second)
        {
            bool rounds = FreeVariables.HasDecimal(gold) || FreeVariables.HasDecimal(answer);
            return first.Equals(second, (x, y) => Quantity.AreEqual(x, y) || (rounds && Quantity.RoundsEqual(x, y, settings.Precision)));
        }

        return (gold, answer) switch
        {
            (Range x, Range y) => x.OpenLow == y.OpenLow && x.OpenHigh == y.OpenHigh && Equal(x.Low, y.Low, false) && Equal(x.High, y.High, false),
            (Range { OpenLow: true, OpenHigh: true } x, Collection { Kind: CollectionKind.Tuple } y) => EqualItems([x.Low, x.High], y.Items),
            (Collection { Kind: CollectionKind.Tuple } x, Range { OpenLow: true, OpenHigh: true } y) => EqualItems(x.Items, [y.Low, y.High]),
            (Collection { Kind: CollectionKind.Union } x, Collection { Kind: CollectionKind.Union } y) => EqualUnordered(x.Items, y.Items),
            _ => IsSet(gold) && IsSet(answer) && Canonical.Text(gold) == Canonical.Text(answer),
        };
    }

    private bool EqualCollections(Collection gold, Collection answer)
    {
        bool ordered = gold.Kind == CollectionKind.Tuple || answer.Kind == CollectionKind.Tuple;
        bool mixed = ordered && (gold.Kind == CollectionKind.Set || answer.Kind == CollectionKind.Set);
        return !mixed && (EqualItems(gold.Items, answer.Items) || (!ordered && EqualUnordered(gold.Items, answer.Items)));
    }

    private bool EqualItems(IReadOnlyList<Node> gold, IReadOnlyList<Node> answer) =>
        gold.Count == answer.Count && gold.Zip(answer).All(p => Equal(p.First, p.Second, false));

    private bool EqualUnordered(IReadOnlyList<Node> gold, IReadOnlyList<Node> answer)
    {
        if (gold.Count > MostItems || answer.Count > MostItems)
        {
            return false;
        }

        List<Node> left = Distinct(gold), right = Distinct(answer);
        return left.Count == right.Count && left.All(g => right.FindIndex(a => Equal(g, a, false)) is >= 0 and var at && Remove(right, at));
    }

    private static bool Remove(List<Node> list, int at)
    {
        list.RemoveAt(at);
        return true;
    }

    private List<Node> Distinct(IReadOnlyList<Node> items)
    {
        List<Node> distinct = [];
        foreach (Node item in items)
        {
            if (!distinct.Exists(d => Equal(d, item, false)))
            {
                distinct.Add(item);
            }
        }

        return distinct;
    }

    // "x < 2 or x > 5" as the union of both, where intervals are on the other side.
    private static Node Alternatives(Node node, Node other)
    {
        Node?[] sets = other is Range or Collection { Kind: CollectionKind.Union } && node is Collection { Kind: CollectionKind.List } list
            && list.Items.All(i => i is Relation { Operators: not ['='] }) && list.Items.Select(i => Subject((Relation)i)).Distinct().Count() == 1
            ? [.. list.Items.Select(i => Solution.Set((Relation)i))]
            : [null];
        return Array.TrueForAll(sets, s => s is not null) ? new Collection(CollectionKind.Union, [.. sets.Select(s => s!)]) : node;
    }

    // Words, or what letters that were meant as a word look like.
    private static bool MayBeWords(Node? node) => node is null or Words or Symbol || (node is Call { Name: "*" } product && product.Arguments.All(a => a is Symbol or Words));

    private static bool IsSet(Node node) => node is Range or Collection or Call { Name: "difference" };

    private static bool IsScalar(Node node) => node is not (Range or Collection or Relation or Matrix or Words);

    // The source without what does not change its meaning.
    private static string Plain(string source) => Marks().Replace(source, "");

    // Words without commands, brackets and case: \text{(C)} is C, \text{East} is east.
    private static string Wording(string source) => Dressing().Replace(source, "").ToLowerInvariant();

    [GeneratedRegex(@"\\left(?![a-z])|\\right(?![a-z])|\\[,;:! ]|[\s$]|\.\z", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();

    [GeneratedRegex(@"\\[A-Za-z]+|[(){}\s$.~\\]", RegexOptions.CultureInvariant)]
    private static partial Regex Dressing();
}
