using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Inference.Text;

/// <summary>
/// Tokens of one answer to text: characters as they become whole, stop strings cut out, reasoning told from answer. Control tokens have no text.
/// </summary>
internal sealed class AnswerText
{
    private readonly Detokenizer _detokenizer;
    private readonly StopMatcher _stops;
    private readonly ReasoningParser _parser;
    private readonly char[] _characters;

    public AnswerText(Tokenizer tokenizer, GenerationRequest request)
    {
        _detokenizer = new Detokenizer(tokenizer, skipSpecial: true);
        _stops = new StopMatcher(request.StopStrings);
        _parser = new ReasoningParser(request.StartsInReasoning);
        _characters = new char[_detokenizer.MaxChars];
    }

    /// <summary>Whether a stop string is complete.</summary>
    public bool Stopped => _stops.Stopped;

    /// <summary>Takes the next token and returns the text that has become certain.</summary>
    public ReasoningDelta Append(int token)
    {
        int length = _detokenizer.Append(token, _characters);
        return _parser.Append(_stops.Push(_characters.AsSpan(0, length)));
    }

    /// <summary>The answer has ended: returns what was held back.</summary>
    public ReasoningDelta Finish()
    {
        ReasoningDelta rest = _parser.Append(_stops.Push(_detokenizer.Finish()));
        rest = Join(rest, _parser.Append(_stops.Finish()));
        return Join(rest, _parser.Finish());
    }

    /// <summary>One delta after another.</summary>
    public static ReasoningDelta Join(ReasoningDelta first, ReasoningDelta second) => new(first.Reasoning + second.Reasoning, first.Content + second.Content);
}
