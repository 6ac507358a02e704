using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// Character BPE merges over a whole text at once. Where no merge makes a token with a <c>▁</c> behind another character, nothing ever merges across the
/// start of a word, and the text may be cut there: the same ids, found in short pieces.
/// </summary>
internal static class WordBoundaries
{
    private const char Mark = '\u2581';

    /// <summary>Cuts before each run of marks.</summary>
    public static SplitStep Step { get; } = new($"{Mark}*[^{Mark}]+|{Mark}+");

    /// <summary>May a text be cut at the starts of words?</summary>
    public static bool AreSafe(IReadOnlyDictionary<string, int> vocabulary, IEnumerable<string> merged) =>
        vocabulary.ContainsKey(Mark.ToString()) && merged.All(text => text.AsSpan().TrimStart(Mark).IndexOf(Mark) < 0);
}
