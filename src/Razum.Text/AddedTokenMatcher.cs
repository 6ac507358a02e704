using System.Buffers;
using System.Globalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// Finds added tokens in a text: leftmost, then longest. A match that its flags (or <c>parseSpecial: false</c>) reject stays text, and the search goes on
/// behind it.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private const uint WordClass = CharClass.Letter | CharClass.Mark | (1u << (int)UnicodeCategory.DecimalDigitNumber)
        | (1u << (int)UnicodeCategory.LetterNumber) | (1u << (int)UnicodeCategory.ConnectorPunctuation);

    private readonly Dictionary<long, int> _edges = []; // trie: (node << 16 | UTF-16 unit) to node
    private readonly List<int> _tokenOfNode = [-1];
    private readonly AddedToken[] _tokens;
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">The tokens to look for.</param>
    /// <param name="spelling">How a token's content is written in the texts to search (normalised or not).</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<string, string> spelling)
    {
        _tokens = [.. tokens];
        var firsts = new HashSet<char>();
        for (int t = 0; t < _tokens.Length; t++)
        {
            string content = spelling(_tokens[t].Content);
            if (content.Length == 0)
            {
                continue;
            }

            firsts.Add(content[0]);
            int node = 0;
            foreach (char c in content)
            {
                long edge = ((long)node << 16) | c;
                if (!_edges.TryGetValue(edge, out node))
                {
                    node = _tokenOfNode.Count;
                    _tokenOfNode.Add(-1);
                    _edges.Add(edge, node);
                }
            }

            _tokenOfNode[node] = t;
        }

        _firsts = SearchValues.Create([.. firsts]);
    }

    /// <summary>
    /// The next token of <paramref name="text"/>: searches from <paramref name="search"/> on (and moves it behind what was looked at); the token takes
    /// [start, end) with the blanks it strips, but never text before <paramref name="free"/>.
    /// </summary>
    public bool Next(ReadOnlySpan<char> text, int free, bool parseSpecial, ref int search, out AddedToken token, out int start, out int end)
    {
        while (search < text.Length)
        {
            int at = text[search..].IndexOfAny(_firsts);
            if (at < 0)
            {
                break;
            }

            start = search + at;
            int found = Longest(text, start, out end);
            search = found < 0 ? start + 1 : end;
            if (found < 0)
            {
                continue;
            }

            token = _tokens[found];
            if ((token.Special && !parseSpecial) || (token.SingleWord && (IsWordBefore(text, start) || IsWordAt(text, end))))
            {
                continue;
            }

            while (token.LeftStrip && start > free && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            end = token.RightStrip ? CharClass.SkipRun(text, end, CharClass.Blank) : end;
            return true;
        }

        search = text.Length;
        (token, start, end) = (default, text.Length, text.Length);
        return false;
    }

    private int Longest(ReadOnlySpan<char> text, int start, out int end)
    {
        int node = 0, found = -1;
        end = start;
        for (int i = start; i < text.Length && _edges.TryGetValue(((long)node << 16) | text[i], out node); i++)
        {
            if (_tokenOfNode[node] >= 0)
            {
                found = _tokenOfNode[node];
                end = i + 1;
            }
        }

        return found;
    }

    private static bool IsWordBefore(ReadOnlySpan<char> text, int index) =>
        index > 0 && IsWordAt(text, index > 1 && char.IsLowSurrogate(text[index - 1]) && char.IsHighSurrogate(text[index - 2]) ? index - 2 : index - 1);

    // \w = Alphabetic, marks, decimal digits, connectors, joiners; beside the categories Alphabetic holds the circled and squared Latin letters.
    private static bool IsWordAt(ReadOnlySpan<char> text, int index) =>
        index < text.Length
        && (CharClass.Is(text, index, WordClass)
            || CharClass.CodePointAt(text, index, out _) is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
                or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189));
}
