using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Inference.Text;

/// <summary>
/// Tokens of one answer to text: characters as they become whole, stop strings cut out, reasoning, answer and calls of tools told apart. Control tokens have
/// no text, but for the tags of calls that are looked for.
/// </summary>
internal sealed class AnswerText
{
    private readonly Detokenizer _detokenizer;
    private readonly StopMatcher _stops;
    private readonly ToolCallParser _parser;
    private readonly char[] _characters;

    public AnswerText(Tokenizer tokenizer, GenerationRequest request)
    {
        IReadOnlyList<string> tags = ToolCallParser.TagsOf(request.ToolCalls);
        _detokenizer = new Detokenizer(tokenizer, skipSpecial: true, tags.Count == 0 ? null : tags.Select(tokenizer.TokenToId).OfType<int>().ToHashSet());
        _stops = new StopMatcher(request.StopStrings);
        _parser = new ToolCallParser(request.ToolCalls, request.StartsInReasoning);
        _characters = new char[_detokenizer.MaxChars];
    }

    /// <summary>Whether a stop string is complete.</summary>
    public bool Stopped => _stops.Stopped;

    /// <summary>Takes the next token and returns the text that has become certain.</summary>
    public ToolCallDelta Append(int token)
    {
        int length = _detokenizer.Append(token, _characters);
        return _parser.Append(_stops.Push(_characters.AsSpan(0, length)));
    }

    /// <summary>The answer has ended: returns what was held back.</summary>
    public ToolCallDelta Finish()
    {
        ToolCallDelta rest = _parser.Append(_stops.Push(_detokenizer.Finish()));
        rest = Join(rest, _parser.Append(_stops.Finish()));
        return Join(rest, _parser.Finish());
    }

    /// <summary>One delta after another.</summary>
    public static ToolCallDelta Join(ToolCallDelta first, ToolCallDelta second) => new(
        first.Reasoning + second.Reasoning,
        first.Content + second.Content,
        first.ToolCalls.Count == 0 ? second.ToolCalls : second.ToolCalls.Count == 0 ? first.ToolCalls : [.. first.ToolCalls, .. second.ToolCalls]);
}
