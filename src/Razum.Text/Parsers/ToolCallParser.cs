using System.Text;

namespace Razum.Text.Parsers;

/// <summary>
/// Tells reasoning, answer and calls of tools apart in a model's output as it streams. Reasoning is found first (<see cref="ReasoningParser"/>; a tag of a
/// tool in it is text). In the answer a block of calls is taken out with the blanks that touch it; a line feed parts the answer before a block from the
/// answer behind it. A block that cannot be understood stays in the answer letter for letter. The end of the output closes an open block: complete calls
/// count. Chunk borders change nothing: held back are only blanks, a possible beginning of a tag, and open blocks.
/// </summary>
public sealed class ToolCallParser
{
    private readonly ReasoningParser _reasoning;
    private readonly ToolCallBlocks? _blocks;
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _held = new(); // blanks and a beginning of a tag, or an open block with its tag
    private readonly List<ToolCall> _calls = [];
    private bool _inBlock;
    private bool _inWhole;
    private int _searched;      // of an open block, and of an answer that may be all calls: looked at up to here
    private bool _hasContent;   // something of the answer was given out
    private bool _behindBlock;  // a block was the last thing: blanks are dropped, a line feed may be due

    /// <param name="format">How the model writes calls.</param>
    /// <param name="startsInReasoning">The prompt ended inside an open <c>&lt;think&gt;</c>.</param>
    public ToolCallParser(ToolCallFormat format, bool startsInReasoning)
    {
        _reasoning = new ReasoningParser(startsInReasoning);
        _blocks = ToolCallBlocks.For(format);
    }

    /// <summary>The tags of a format, each a token of its own in the vocabularies that know it.</summary>
    public static IReadOnlyList<string> TagsOf(ToolCallFormat format) => ToolCallBlocks.For(format)?.Tags ?? [];

    /// <summary>Takes the next chunk of output and returns what has become certain.</summary>
    public ToolCallDelta Append(ReadOnlySpan<char> text)
    {
        ReasoningDelta delta = _reasoning.Append(text);
        return Release(delta.Reasoning, delta.Content, isEnd: false);
    }

    /// <summary>The output has ended: returns what was held back.</summary>
    public ToolCallDelta Finish()
    {
        ReasoningDelta delta = _reasoning.Finish();
        return Release(delta.Reasoning, delta.Content, isEnd: true);
    }

    private ToolCallDelta Release(string reasoning, string answer, bool isEnd)
    {
        if (_blocks is null)
        {
            return new ToolCallDelta(reasoning, answer, []);
        }

        _held.Append(answer);
        Advance(isEnd);
        var delta = new ToolCallDelta(reasoning, _content.ToString(), [.. _calls]);
        _content.Clear();
        _calls.Clear();
        return delta;
    }

    private void Advance(bool isEnd)
    {
        while (_held.Length > 0 && (_inBlock ? AdvanceBlock(isEnd) : AdvanceText(isEnd)))
        {
        }
    }

    // Text up to the next block; true: there is more to do.
    private bool AdvanceText(bool isEnd)
    {
        if (_blocks!.IsWhole)
        {
            return AdvanceWhole(isEnd);
        }

        string held = _held.ToString();

        int tag = held.IndexOf(_blocks.Open, StringComparison.Ordinal);
        int end = tag >= 0 ? tag : isEnd ? held.Length : held.Length - Beginning(held, _blocks.Open);
        int kept = end;
        while (kept > 0 && IsBlank(held[kept - 1]) && (tag >= 0 || !isEnd))
        {
            kept--;
        }

        Give(held.AsSpan(0, kept), dropBlanks: true);
        if (tag < 0)
        {
            _held.Remove(0, kept);
            return false;
        }

        _held.Remove(0, kept); // the blanks stay: they are dropped only if the block is understood
        (_inBlock, _searched) = (true, tag - kept);
        return true;
    }

    // Llama 3.1: all of the answer is calls, or none.
    private bool AdvanceWhole(bool isEnd)
    {
        if (_inWhole && !isEnd)
        {
            return false; // it began like calls: the end will tell
        }

        string held = _held.ToString();
        ReadOnlySpan<char> start = held.AsSpan().TrimStart(" \t\r\n");
        bool mayBe = !_hasContent && (start.IsEmpty || start[0] == '{' || start.StartsWith(_blocks!.Open) || (!isEnd && _blocks.Open.AsSpan().StartsWith(start)));
        if (mayBe && !isEnd)
        {
            _inWhole = !start.IsEmpty && (start[0] == '{' || start.Length >= _blocks!.Open.Length);
            return false;
        }

        if (mayBe && _blocks!.Read(held) is { Count: > 0 } calls)
        {
            _calls.AddRange(calls);
            _held.Clear();
            return false;
        }

        int kept = held.Length;
        while (!isEnd && kept > 0 && IsBlank(held[kept - 1]))
        {
            kept--;
        }

        Give(held.AsSpan(0, kept), dropBlanks: false);
        _held.Remove(0, kept);
        return false;
    }

    // An open block: its end, or the end of the output.
    private bool AdvanceBlock(bool isEnd)
    {
        // Only new text can close a block: the rest is not looked at again.
        int from = Math.Max(0, _searched - _blocks!.Close.Length);
        bool mayClose = _held.ToString(from, _held.Length - from).Contains(_blocks.Close, StringComparison.Ordinal);
        _searched = _held.Length;
        if (!mayClose && !isEnd)
        {
            return false;
        }

        string held = _held.ToString();
        int open = held.IndexOf(_blocks.Open, StringComparison.Ordinal);
        int body = open + _blocks.Open.Length;
        int close = _blocks.FindClose(held, body);
        if (close < 0 && !isEnd)
        {
            return false;
        }

        int end = close < 0 ? held.Length : close + _blocks.Close.Length;
        List<ToolCall>? calls = _blocks.Read(held.AsSpan(body, (close < 0 ? held.Length : close) - body).ToString());
        if (calls is { Count: > 0 })
        {
            _calls.AddRange(calls);
            _behindBlock = true;
        }
        else
        {
            Give(held.AsSpan(0, end), dropBlanks: true);
        }

        _held.Remove(0, end);
        (_inBlock, _searched) = (false, 0);
        return true;
    }

    private void Give(ReadOnlySpan<char> text, bool dropBlanks)
    {
        if (_behindBlock && dropBlanks)
        {
            text = text.TrimStart(" \t\r\n");
            if (text.IsEmpty)
            {
                return;
            }

            _content.Append(_hasContent ? "\n" : "");
            _behindBlock = false;
        }

        _content.Append(text);
        _hasContent |= !text.IsEmpty;
    }

    // How many characters at the end may be the beginning of a tag.
    private static int Beginning(string text, string tag)
    {
        for (int length = Math.Min(tag.Length - 1, text.Length); length > 0; length--)
        {
            if (tag.AsSpan(0, length).SequenceEqual(text.AsSpan(text.Length - length)))
            {
                return length;
            }
        }

        return 0;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r' or '\n';
}
