using System.Text;

namespace Razum.Text.Parsers;

/// <summary>
/// Tells reasoning and answer apart in a model's output as it streams. <c>&lt;think&gt;</c> is a tag only at the very beginning (after blanks); then all is
/// reasoning up to the first <c>&lt;/think&gt;</c>, and later tags are text. Blanks (space, tab, CR, LF) that touch a tag are dropped, also behind a
/// <c>&lt;think&gt;</c> that the prompt ended with; all others stay. Chunk borders change nothing: only blanks and a possible beginning of a tag are held
/// back. Tool calls are not looked for.
/// </summary>
/// <param name="startsInReasoning">The prompt ended inside an open <c>&lt;think&gt;</c>.</param>
public sealed class ReasoningParser(bool startsInReasoning)
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _blanks = new(); // held back: dropped if a tag follows
    private State _state = State.Beginning;
    private int _matched;                           // held back behind the blanks: this many characters of the tag that may come
    private bool _dropBlanks;                       // a tag came last

    private enum State
    {
        Beginning,
        Reasoning,
        Content,
    }

    /// <summary>Takes the next chunk of output and returns what has become certain.</summary>
    public ReasoningDelta Append(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            Take(c);
        }

        return Release();
    }

    /// <summary>The output has ended: returns what was held back.</summary>
    public ReasoningDelta Finish()
    {
        if (_state == State.Beginning)
        {
            LeaveBeginning();
        }

        Flush();
        return Release();
    }

    private void Take(char c)
    {
        string? tag = _state switch { State.Beginning => Open, State.Reasoning => Close, _ => null };
        if (tag is not null && c == tag[_matched])
        {
            if (++_matched == tag.Length)
            {
                _matched = 0;
                _blanks.Clear();
                _dropBlanks = true;
                _state = _state == State.Beginning ? State.Reasoning : State.Content;
            }

            return;
        }

        if (_state == State.Beginning && (_matched > 0 || !IsBlank(c)))
        {
            LeaveBeginning();
            Take(c);
        }
        else if (_matched > 0)
        {
            Flush();
            Take(c); // no tag has a second '<', so a failed match cannot hide another's beginning
        }
        else if (!IsBlank(c))
        {
            Flush();
            Current.Append(c);
            _dropBlanks = false;
        }
        else if (!_dropBlanks)
        {
            _blanks.Append(c);
        }
    }

    // There is no <think> at the beginning: what was held back is taken anew as reasoning (without its blanks) or as content.
    private void LeaveBeginning()
    {
        int matched = _matched;
        _matched = 0;
        _state = startsInReasoning ? State.Reasoning : State.Content;
        if (startsInReasoning)
        {
            _blanks.Clear();
            _dropBlanks = true;
        }

        foreach (char held in Open.AsSpan(0, matched))
        {
            Take(held);
        }
    }

    private void Flush()
    {
        if (_blanks.Length > 0)
        {
            Current.Append(_blanks);
            _blanks.Clear();
        }

        if (_matched > 0)
        {
            Current.Append(Close, 0, _matched);
            _matched = 0;
            _dropBlanks = false;
        }
    }

    private StringBuilder Current => _state == State.Content ? _content : _reasoning;

    private ReasoningDelta Release()
    {
        var delta = new ReasoningDelta(_reasoning.ToString(), _content.ToString());
        _reasoning.Clear();
        _content.Clear();
        return delta;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r' or '\n';
}
