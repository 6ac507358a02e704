namespace Razum.Text.Splitting;

/// <summary>Makes the nodes of a pattern from back to front, each with what follows it.</summary>
internal sealed class RegexCompiler
{
    private const int MaxNodes = 10_000;

    private readonly Dictionary<List<(int First, int Last)>, CodePointSet> _sets = [];
    private int _nodes;
    private int _loops; // group loops around the part at work

    /// <summary>Memory slots the nodes use.</summary>
    public int Slots { get; private set; }

    /// <summary>What a match can begin with; null when it may be empty.</summary>
    public CodePointSet? First { get; private set; }

    public RegexNode Compile(RegexSyntax syntax)
    {
        (List<(int, int)> ranges, bool isNullable) = FirstOf(syntax);
        First = isNullable ? null : new CodePointSet(ranges);
        return Compile(syntax, new EndNode());
    }

    private RegexNode Compile(RegexSyntax syntax, RegexNode next)
    {
        if (++_nodes > MaxNodes)
        {
            throw new FormatException("the pattern is too long");
        }

        switch (syntax)
        {
            case SetSyntax set:
                return new SetNode(SetOf(set), next);
            case SequenceSyntax sequence:
                for (int i = sequence.Items.Count - 1; i >= 0; i--)
                {
                    next = Compile(sequence.Items[i], next);
                }

                return next;
            case ChoiceSyntax choice:
                return Choice([.. choice.Items.Select(item => Compile(item, next))], [.. choice.Items.Select(FirstSet)]);
            case LookSyntax look:
                return new LookNode(Compile(look.Item, new EndNode()), look.IsNegative, look.Takes, next);
            case LookBehindSyntax behind:
                return new LookBehindNode(SetOf(behind.Set), behind.IsNegative, next);
            case AnchorSyntax anchor:
                return new AnchorNode(anchor.Kind, next);
            default:
                return CompileRepeat((RepeatSyntax)syntax, next);
        }
    }

    private RegexNode CompileRepeat(RepeatSyntax repeat, RegexNode next)
    {
        RegexSyntax item = repeat.Item is SequenceSyntax { Items: [SetSyntax single] } ? single : repeat.Item;
        if (item is SetSyntax set && !repeat.IsLazy)
        {
            return new SetLoopNode(SetOf(set), repeat.Least, repeat.Most, repeat.IsPossessive, _loops == 0, next, Slots++);
        }

        if (repeat.IsPossessive)
        {
            RegexNode inner = CompileRepeat(repeat with { IsPossessive = false }, new EndNode());
            return new LookNode(inner, isNegative: false, takes: true, next);
        }

        if (repeat is { Least: 0, Most: 1 })
        {
            RegexNode taken = Compile(item, next);
            return repeat.IsLazy ? Choice([next, taken], [null, FirstSet(item)]) : Choice([taken, next], [FirstSet(item), null]);
        }

        var loop = new LoopNode(repeat.Least, repeat.Most, repeat.IsLazy, Slots++) { Next = next };
        _loops++;
        loop.Body = Compile(item, new AgainNode(loop));
        _loops--;
        return loop;
    }

    private static ChoiceNode Choice(RegexNode[] alternatives, CodePointSet?[] firsts) => new(alternatives, firsts);

    private CodePointSet SetOf(SetSyntax set)
    {
        if (!_sets.TryGetValue(set.Ranges, out CodePointSet? known))
        {
            known = new CodePointSet(set.Ranges);
            _sets.Add(set.Ranges, known);
        }

        return known;
    }

    private CodePointSet? FirstSet(RegexSyntax syntax)
    {
        (List<(int, int)> ranges, bool isNullable) = FirstOf(syntax);
        return isNullable ? null : new CodePointSet(ranges);
    }

    private static (List<(int First, int Last)> Ranges, bool IsNullable) FirstOf(RegexSyntax syntax)
    {
        switch (syntax)
        {
            case SetSyntax set:
                return (set.Ranges, false);
            case ChoiceSyntax choice:
                (List<(int, int)> Ranges, bool IsNullable)[] all = [.. choice.Items.Select(FirstOf)];
                return (CodePointRanges.Normal(all.SelectMany(f => f.Ranges)), all.Any(f => f.IsNullable));
            case RepeatSyntax repeat:
                (List<(int, int)> ranges, bool nullable) = FirstOf(repeat.Item);
                return (ranges, nullable || repeat.Least == 0);
            case LookSyntax { Takes: true } look:
                return FirstOf(look.Item);
            case SequenceSyntax sequence:
                var union = new List<(int, int)>();
                foreach (RegexSyntax item in sequence.Items)
                {
                    (List<(int, int)> first, bool isNullable) = FirstOf(item);
                    union.AddRange(first);
                    if (!isNullable)
                    {
                        return (CodePointRanges.Normal(union), false);
                    }
                }

                return (CodePointRanges.Normal(union), true);
            default:
                return ([], true);
        }
    }
}
