namespace Razum.Training.Verifiers.Math;

/// <summary>A union of intervals and points as disjoint pieces in rising order, so that sets written differently compare piece by piece.</summary>
internal sealed class RealSet
{
    private readonly List<Piece> _pieces = [];

    private RealSet()
    {
    }

    /// <summary>The set that <paramref name="node"/> is; null where an end has no real value.</summary>
    public static RealSet? From(Node node, Func<Node, Quantity?> value)
    {
        RealSet set = new();
        if (!set.Add(node, value))
        {
            return null;
        }

        set.Merge();
        return set;
    }

    /// <summary>Same pieces, with ends compared by <paramref name="equal"/>.</summary>
    public bool Equals(RealSet other, Func<Quantity, Quantity, bool> equal) =>
        _pieces.Count == other._pieces.Count && _pieces.Zip(other._pieces).All(p =>
            p.First.Low.Equals(p.Second.Low, equal) && p.First.High.Equals(p.Second.High, equal));

    private bool Add(Node node, Func<Node, Quantity?> value)
    {
        switch (node)
        {
            case Range range:
                return Add(range.Low, range.OpenLow, range.High, range.OpenHigh, value);
            case Collection { Kind: CollectionKind.Tuple, Items: [var low, var high] }:
                return Add(low, true, high, true, value);
            case Collection { Kind: CollectionKind.Set or CollectionKind.List } points:
                return points.Items.All(p => p is Range or Collection ? points.Kind == CollectionKind.List && Add(p, value) : Add(p, false, p, false, value));
            case Call { Name: "difference", Arguments: [var whole, Collection { Kind: CollectionKind.Set or CollectionKind.List } holes] }:
                return Add(whole, value) && holes.Items.All(h => End.From(h, value) is { } hole && TakeOut(hole));
            case Collection { Kind: CollectionKind.Union } union:
                return union.Items.All(i => Add(i, value));
            default:
                return false;
        }
    }

    private bool Add(Node low, bool openLow, Node high, bool openHigh, Func<Node, Quantity?> value)
    {
        if (End.From(low, value) is not { } start || End.From(high, value) is not { } stop)
        {
            return false;
        }

        // What has nothing in it is no interval: else all of them would be equal.
        int order = End.Compare(start, stop);
        if (order > 0 || (order == 0 && (openLow || openHigh)))
        {
            return false;
        }

        // A place just above an open lower end or just below an open upper one makes every comparison one of places.
        _pieces.Add(new Piece(start with { Side = openLow ? 1 : 0 }, stop with { Side = openHigh ? -1 : 0 }));
        return true;
    }

    // Splits what is around a point.
    private bool TakeOut(End hole)
    {
        foreach (Piece piece in _pieces.ToArray())
        {
            (int low, int high) = (End.Compare(piece.Low, hole), End.Compare(hole, piece.High));
            if (low > 0 || high > 0)
            {
                continue;
            }

            _pieces.Remove(piece);
            if (low < 0)
            {
                _pieces.Add(piece with { High = hole with { Side = -1 } });
            }

            if (high < 0)
            {
                _pieces.Add(piece with { Low = hole with { Side = 1 } });
            }
        }

        return true;
    }

    private void Merge()
    {
        _pieces.Sort((a, b) => End.Compare(a.Low, b.Low) is var c && c != 0 ? c : End.Compare(a.High, b.High));
        for (int i = 1; i < _pieces.Count;)
        {
            (Piece left, Piece right) = (_pieces[i - 1], _pieces[i]);
            int gap = End.Compare(left.High with { Side = 0 }, right.Low with { Side = 0 });
            if (gap > 0 || (gap == 0 && right.Low.Side - left.High.Side <= 1))
            {
                _pieces[i - 1] = left with { High = End.Compare(left.High, right.High) >= 0 ? left.High : right.High };
                _pieces.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }
    }

    private readonly record struct Piece(End Low, End High);

    /// <summary>A place on the line; <paramref name="Infinite"/> is -1 or 1 for its ends, <paramref name="Side"/> is just below or just above the value.</summary>
    private readonly record struct End(int Infinite, Quantity? Value, int Side)
    {
        public static End? From(Node node, Func<Node, Quantity?> value) => node switch
        {
            Symbol { Name: "infty" } => new End(1, null, 0),
            Call { Name: "neg", Arguments: [Symbol { Name: "infty" }] } => new End(-1, null, 0),
            _ => value(node) is { IsReal: true } number ? new End(0, number, 0) : null,
        };

        public static int Compare(End a, End b)
        {
            if (a.Infinite != b.Infinite || a.Infinite != 0)
            {
                return a.Infinite.CompareTo(b.Infinite);
            }

            int order = Quantity.Compare(a.Value!, b.Value!);
            return order != 0 ? order : a.Side.CompareTo(b.Side);
        }

        // Brackets at infinity mean nothing.
        public bool Equals(End other, Func<Quantity, Quantity, bool> equal) =>
            Infinite == other.Infinite && (Infinite != 0 || (Side == other.Side && equal(Value!, other.Value!)));
    }
}
