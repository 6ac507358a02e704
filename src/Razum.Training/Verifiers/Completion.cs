namespace Razum.Training.Verifiers;

/// <summary>What a model wrote in answer to a problem.</summary>
/// <param name="Text">All of it, its thinking included, without the end token.</param>
/// <param name="Ended">Whether the model produced its end token; false when it was cut off.</param>
/// <param name="Tokens">Tokens generated.</param>
/// <param name="Prefix">The end of the prompt that already opened the thinking: empty or <c>&lt;think&gt;</c>.</param>
public sealed record Completion(string Text, bool Ended, int Tokens, string Prefix = "")
{
    private const string Close = "</think>";

    /// <summary>Prefix and text: the assistant's turn as it stands.</summary>
    public string Whole { get; } = Prefix + Text;

    /// <summary>What follows the thinking: everything after the last closing tag, or all where there is none and none was opened.</summary>
    public string Final
    {
        get
        {
            int end = Whole.LastIndexOf(Close, StringComparison.Ordinal);
            return end >= 0 ? Whole[(end + Close.Length)..] : Whole.Contains("<think>", StringComparison.Ordinal) ? "" : Whole;
        }
    }

    /// <summary>The thinking without its tags; empty where there is none.</summary>
    public string Thinking
    {
        get
        {
            int end = Whole.LastIndexOf(Close, StringComparison.Ordinal);
            string thought = end >= 0 ? Whole[..end] : Whole.Contains("<think>", StringComparison.Ordinal) ? Whole : "";
            return thought.Replace("<think>", "", StringComparison.Ordinal).Replace(Close, "", StringComparison.Ordinal);
        }
    }
}
