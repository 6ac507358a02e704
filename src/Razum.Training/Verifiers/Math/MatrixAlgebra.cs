namespace Razum.Training.Verifiers.Math;

/// <summary>Sums, products and multiples of matrices, worked out to one matrix of expressions.</summary>
internal static class MatrixAlgebra
{
    private const int MostEntries = 400;

    /// <summary>The matrix that <paramref name="node"/> is worth, or the node itself where it has none in it or does not fit together.</summary>
    public static Node Fold(Node node)
    {
        if (node is not Call { Name: "+" or "*" or "neg" or "/" } call)
        {
            return node;
        }

        Node[] parts = [.. call.Arguments.Select(Fold)];
        if (!Array.Exists(parts, p => p is Matrix))
        {
            return node;
        }

        Node? result = parts[0];
        if (call.Name == "neg")
        {
            return Each((Matrix)result, e => new Call("neg", e));
        }

        foreach (Node part in parts.Skip(1))
        {
            result = (result, part, call.Name) switch
            {
                (Matrix a, Matrix b, "+") => Add(a, b),
                (Matrix a, Matrix b, "*") => Multiply(a, b),
                (Matrix a, not Matrix, "*") => Each(a, e => new Call("*", part, e)),
                (Matrix a, not Matrix, "/") => Each(a, e => new Call("/", e, part)),
                (not (null or Matrix), Matrix b, "*") => Each(b, e => new Call("*", result, e)),
                (not (null or Matrix), not Matrix, "*") => new Call("*", result, part),
                _ => null,
            };
        }

        return result ?? node;
    }

    private static Matrix Each(Matrix a, Func<Node, Node> change) => new([.. a.Rows.Select(r => (IReadOnlyList<Node>)[.. r.Select(change)])]);

    private static Matrix? Add(Matrix a, Matrix b) => a.Rows.Count == b.Rows.Count && a.Rows[0].Count == b.Rows[0].Count
        ? new Matrix([.. a.Rows.Zip(b.Rows, (x, y) => (IReadOnlyList<Node>)[.. x.Zip(y, (p, q) => (Node)new Call("+", p, q))])])
        : null;

    private static Matrix? Multiply(Matrix a, Matrix b)
    {
        int inner = b.Rows.Count;
        return a.Rows[0].Count != inner || a.Rows.Count * b.Rows[0].Count * inner > MostEntries
            ? null
            : new Matrix([.. a.Rows.Select(row => (IReadOnlyList<Node>)[.. Enumerable.Range(0, b.Rows[0].Count).Select(j =>
                (Node)new Call("+", Enumerable.Range(0, inner).Select(k => (Node)new Call("*", row[k], b.Rows[k][j])).ToArray()))])]);
    }
}
