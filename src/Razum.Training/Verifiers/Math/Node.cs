using Razum.Training.Tasks;

namespace Razum.Training.Verifiers.Math;

/// <summary>A parsed answer. Trees are at most <see cref="ExpressionParser.MaxDepth"/> deep, so that walking them recursively is safe.</summary>
internal abstract record Node;

/// <summary>A literal; <paramref name="IsDecimal"/> when it was written with a point, which makes comparisons round.</summary>
internal sealed record Literal(Rational Value, bool IsDecimal = false) : Node;

/// <summary>A variable, or one of the constants pi, e, i, infinity.</summary>
internal sealed record Symbol(string Name) : Node;

/// <summary>An operation or a function by name: <c>+ * / ^ neg sqrt sin ...</c>; see <see cref="Evaluator"/>.</summary>
internal sealed record Call(string Name, params IReadOnlyList<Node> Arguments) : Node;

/// <summary>A function that is not known, such as f in f(x), or a letter with an index: nothing is assumed of it but that it is one.</summary>
internal sealed record Application(string Name, IReadOnlyList<Node> Arguments) : Node;

/// <summary>A sum, product, integral or limit over a bound variable; a limit has no upper end.</summary>
internal sealed record Series(string Kind, string Variable, Node From, Node? To, Node Body) : Node;

/// <summary>Several values; see <see cref="CollectionKind"/>.</summary>
internal sealed record Collection(CollectionKind Kind, IReadOnlyList<Node> Items) : Node;

/// <summary>A range of real numbers.</summary>
internal sealed record Range(Node Low, Node High, bool OpenLow, bool OpenHigh) : Node;

/// <summary>A chain such as a &lt; b &lt;= c: one operator fewer than sides.</summary>
internal sealed record Relation(IReadOnlyList<Node> Sides, IReadOnlyList<char> Operators) : Node;

/// <summary>Rows of equal length.</summary>
internal sealed record Matrix(IReadOnlyList<IReadOnlyList<Node>> Rows) : Node;

/// <summary>Words instead of mathematics.</summary>
internal sealed record Words(string Text) : Node;

internal enum CollectionKind
{
    /// <summary>In braces: the order does not matter.</summary>
    Set,

    /// <summary>In brackets: the order matters.</summary>
    Tuple,

    /// <summary>Separated by commas or "and": a set or a tuple, whichever it is compared with.</summary>
    List,

    /// <summary>Joined sets.</summary>
    Union,
}
