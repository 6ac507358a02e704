namespace Razum.Text.Splitting;

/// <summary>
/// A part of a compiled pattern that knows what comes behind it: <see cref="Match"/> gives the end of the first way, in the order of a backtracking
/// engine, in which this part and all behind it match; -1 = none.
/// </summary>
internal abstract class RegexNode
{
    public abstract int Match(ReadOnlySpan<char> text, int at, RegexRun run);
}

/// <summary>The end of the pattern (or of a look-around or possessive part).</summary>
internal sealed class EndNode : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run) => at;
}

/// <summary>One code point of a set.</summary>
internal sealed class SetNode(CodePointSet set, RegexNode next) : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        int length = set.Match(text, at);
        return length == 0 ? -1 : next.Match(text, at + length, run);
    }
}

/// <summary>Alternatives in order; those that cannot begin with the next code point are passed over.</summary>
/// <param name="alternatives">At most 32 are told apart by their first code point.</param>
/// <param name="firsts">What each can begin with; null = anything, or nothing at all.</param>
internal sealed class ChoiceNode(RegexNode[] alternatives, CodePointSet?[] firsts) : RegexNode
{
    private readonly uint[] _ascii = [.. Enumerable.Range(0, 128).Select(c => Mask(firsts, c))];

    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        uint mask = at >= text.Length ? Mask(firsts, -1)
            : text[at] < 128 ? _ascii[text[at]] : Mask(firsts, CharClass.CodePointAt(text, at, out _));
        run.Step();
        while (mask != 0)
        {
            int i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            mask &= mask - 1;
            if (alternatives[i].Match(text, at, run) is int end and >= 0)
            {
                return end;
            }
        }

        return -1;
    }

    private static uint Mask(CodePointSet?[] firsts, int codePoint)
    {
        uint mask = 0;
        for (int i = 0; i < firsts.Length; i++)
        {
            mask |= firsts[i] is not { } set || (codePoint >= 0 && set.Contains(codePoint)) ? 1u << i : 0;
        }

        return mask;
    }
}

/// <summary>
/// A set repeated (<c>X*</c>, <c>X{1,3}</c>, possessive <c>X++</c>): the longest run first. What a run has shown is kept for later tries from inside it: where
/// it ends, and behind which of its places nothing follows. So a text costs linear time however often it is tried.
/// </summary>
internal sealed class SetLoopNode(CodePointSet set, int least, int most, bool isPossessive, bool remembers, RegexNode next, int slot) : RegexNode
{
    // Inside of a repeated group what follows depends on the round: remembers is false, nothing is kept.
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        ref RegexRun.Memory memory = ref run.Slot(slot);
        int end = at, count = 0;
        bool known = most == int.MaxValue && at >= memory.RunStart && at < memory.RunEnd;
        if (known && least <= 1)
        {
            (end, count) = (memory.RunEnd, least);
        }
        else
        {
            for (int length = set.Match(text, end); length > 0 && count < most; length = set.Match(text, end))
            {
                end += length;
                count++;
            }

            if (most == int.MaxValue && !known)
            {
                (memory.RunStart, memory.RunEnd) = (at, end);
            }
        }

        return count < least ? -1 : isPossessive ? next.Match(text, end, run) : Back(text, at, end, run);
    }

    // From the longest run backwards, down to the least count.
    private int Back(ReadOnlySpan<char> text, int at, int end, RegexRun run)
    {
        int lowest = at;
        for (int n = 0; n < least; n++)
        {
            lowest += set.Match(text, lowest);
        }

        int place = end;
        while (place >= lowest)
        {
            ref RegexRun.Memory memory = ref run.Slot(slot);
            if (remembers && place <= memory.FailedTo && place >= memory.FailedFrom)
            {
                place = memory.FailedFrom; // all of these were tried
            }
            else
            {
                run.Step();
                if (next.Match(text, place, run) is int found and >= 0)
                {
                    return found;
                }

                memory = ref run.Slot(slot);
                (memory.FailedFrom, memory.FailedTo) = place + 2 >= memory.FailedFrom && place < memory.FailedFrom
                    ? (place, memory.FailedTo) : (place, place);
            }

            place -= place > 1 && char.IsLowSurrogate(text[place - 1]) && char.IsHighSurrogate(text[place - 2]) ? 2 : 1;
        }

        return -1;
    }
}

/// <summary>Any part repeated. Each round must move on.</summary>
internal sealed class LoopNode(int least, int most, bool isLazy, int slot) : RegexNode
{
    /// <summary>One round, followed by <see cref="Again"/>.</summary>
    public RegexNode? Body { get; set; }

    /// <summary>What follows the loop.</summary>
    public RegexNode? Next { get; set; }

    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        ref RegexRun.Memory memory = ref run.Slot(slot);
        (int count, int start) = (memory.RunStart, memory.RunEnd); // rounds so far, where the current one began
        (memory.RunStart, memory.RunEnd) = (0, -1);
        int end = Continue(text, at, run);
        memory = ref run.Slot(slot);
        (memory.RunStart, memory.RunEnd) = (count, start);
        return end;
    }

    /// <summary>After a round.</summary>
    public int Continue(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        run.Step();
        ref RegexRun.Memory memory = ref run.Slot(slot);
        (int count, int start) = (memory.RunStart, memory.RunEnd);
        bool mayRepeat = count < most && at != start;
        int end = -1;
        if (isLazy && count >= least)
        {
            end = Next!.Match(text, at, run);
        }

        if (end < 0 && mayRepeat)
        {
            memory = ref run.Slot(slot);
            (memory.RunStart, memory.RunEnd) = (count + 1, at);
            end = Body!.Match(text, at, run);
            memory = ref run.Slot(slot);
            (memory.RunStart, memory.RunEnd) = (count, start);
        }

        return end >= 0 || isLazy || count < least ? end : Next!.Match(text, at, run);
    }
}

/// <summary>The end of one round of a loop.</summary>
internal sealed class AgainNode(LoopNode loop) : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run) => loop.Continue(text, at, run);
}

/// <summary><c>(?=X)</c>, <c>(?!X)</c>, and the possessive or atomic <c>(?&gt;X)</c>, which goes on behind what X took.</summary>
internal sealed class LookNode(RegexNode inner, bool isNegative, bool takes, RegexNode next) : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        int end = inner.Match(text, at, run);
        return end >= 0 == isNegative ? -1 : next.Match(text, takes ? end : at, run);
    }
}

/// <summary><c>(?&lt;=X)</c>, <c>(?&lt;!X)</c> for one code point.</summary>
internal sealed class LookBehindNode(CodePointSet set, bool isNegative, RegexNode next) : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        int before = at > 1 && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? at - 2 : at - 1;
        return (before >= 0 && set.Match(text, before) > 0) == isNegative ? -1 : next.Match(text, at, run);
    }
}

/// <summary>Oniguruma's anchors: <c>^</c> and <c>$</c> stand at lines, <c>\A</c> and <c>\z</c> at the ends of the text.</summary>
internal sealed class AnchorNode(char kind, RegexNode next) : RegexNode
{
    public override int Match(ReadOnlySpan<char> text, int at, RegexRun run)
    {
        bool holds = kind switch
        {
            '^' => at == 0 || text[at - 1] == '\n',
            '$' => at == text.Length || text[at] == '\n',
            'A' => at == 0,
            'Z' => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
            _ => at == text.Length,
        };
        return holds ? next.Match(text, at, run) : -1;
    }
}
