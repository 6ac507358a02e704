namespace Razum.Text.Splitting;

/// <summary>What becomes of the matches of a split, in the words of <c>tokenizer.json</c>.</summary>
internal enum SplitBehavior
{
    Isolated,
    Removed,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>
/// One splitting step of a pre-tokenizer: cuts a text into pieces at the matches of a pattern. The next step works inside each piece (so "end of text" in a
/// pattern means the end of the piece). Linear in the text for the published patterns. Immutable; a <see cref="RegexRun"/> belongs to one text at a time.
/// </summary>
internal sealed class SplitStep : PieceStep
{
    /// <summary>GPT-2's pattern, also what a ByteLevel step with <c>use_regex</c> does.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly RegexNode _root;
    private readonly CodePointSet? _first;
    private readonly int _slots;
    private readonly SplitBehavior _behavior;
    private readonly bool _isInverted;

    /// <param name="pattern">A regular expression.</param>
    /// <param name="behavior">What becomes of its matches.</param>
    /// <param name="isInverted">The text between the matches takes the part of the matches.</param>
    /// <exception cref="FormatException">Not a pattern that is understood.</exception>
    public SplitStep(string pattern, SplitBehavior behavior = SplitBehavior.Isolated, bool isInverted = false)
        : this(RegexParser.Parse(pattern), behavior, isInverted)
    {
    }

    private SplitStep(RegexSyntax syntax, SplitBehavior behavior, bool isInverted)
    {
        var compiler = new RegexCompiler();
        _root = compiler.Compile(syntax);
        (_first, _slots, _behavior, _isInverted) = (compiler.First, compiler.Slots, behavior, isInverted);
    }

    /// <summary>Splits at a fixed text.</summary>
    public static SplitStep AtText(string text, SplitBehavior behavior, bool isInverted) =>
        new(new SequenceSyntax([.. text.EnumerateRunes().Select(r => new SetSyntax([(r.Value, r.Value)]))]), behavior, isInverted);

    /// <summary>The memory this step needs for one text at a time.</summary>
    public RegexRun CreateRun() => new(_slots);

    /// <summary>
    /// The next piece at or after <paramref name="from"/>, as [start, end), never empty; false: no more. Text that is passed over is dropped. Begin the run
    /// for each text, then go on from each <paramref name="end"/>.
    /// </summary>
    public bool Next(ReadOnlySpan<char> text, int from, RegexRun run, out int start, out int end)
    {
        (start, end) = (from, from);
        if (from >= text.Length)
        {
            return false;
        }

        bool isGap = NextPart(text, from, run, out end);
        while (_behavior == SplitBehavior.Removed && isGap == _isInverted)
        {
            start = end;
            if (start == text.Length)
            {
                return false;
            }

            isGap = NextPart(text, start, run, out end);
        }

        switch (_behavior)
        {
            case SplitBehavior.MergedWithPrevious when isGap != _isInverted:
                end = EndOfOne(text, end, run, wantsGap: _isInverted);
                break;
            case SplitBehavior.MergedWithNext when isGap == _isInverted:
                end = EndOfOne(text, end, run, wantsGap: !_isInverted);
                break;
            case SplitBehavior.Contiguous:
                for (int more = EndOfOne(text, end, run, isGap); more > end; more = EndOfOne(text, end, run, isGap))
                {
                    end = more;
                }

                break;
            default:
                break;
        }

        return true;
    }

    // The gap or match that begins at a place; true: a gap.
    private bool NextPart(ReadOnlySpan<char> text, int from, RegexRun run, out int end)
    {
        bool found = FindMatch(text, from, run, out int start, out int matchEnd);
        bool isGap = !found || start > from;
        end = !found ? text.Length : isGap ? start : matchEnd;
        return isGap;
    }

    // The end of one gap (or match) that begins right at a place; the place itself if none does.
    private int EndOfOne(ReadOnlySpan<char> text, int at, RegexRun run, bool wantsGap)
    {
        if (at >= text.Length)
        {
            return at;
        }

        bool found = FindMatch(text, at, run, out int start, out int end);
        start = found ? start : text.Length;
        return wantsGap ? start : start == at ? end : at;
    }

    /// <summary>The first match at or after a place, never empty; false: none.</summary>
    public bool FindMatch(ReadOnlySpan<char> text, int from, RegexRun run, out int start, out int end)
    {
        for (start = from; start < text.Length;)
        {
            int c = CharClass.CodePointAt(text, start, out int length);
            if (_first is null || _first.Contains(c))
            {
                run.Step();
                end = _root.Match(text, start, run);
                if (end > start)
                {
                    return true;
                }
            }

            start += length;
        }

        end = start;
        return false;
    }
}
