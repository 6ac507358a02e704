using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// Tiktoken ranks, as Kimi K2 publishes its vocabulary: one token a line, its bytes in base64 and its rank, which is its id. A pair merges by the rank of what
/// it makes. The split pattern stands in the model's Python class and is written out here; control tokens come from <c>tokenizer_config.json</c>.
/// </summary>
internal static class TiktokenFile
{
    /// <summary>Kimi K2's pattern.</summary>
    public const string KimiPattern =
        @"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const int MaxTokenBytes = 1024;

    /// <exception cref="InvalidDataException">The file is damaged; the message names the line.</exception>
    public static TokenizerDefinition Load(string file, TokenizerConfig config)
    {
        Dictionary<string, int> vocabulary = Read(file);
        List<AddedToken> added = AddedTokens(file, vocabulary, config);
        var tokens = new TokenTable(vocabulary, added, TokenSpelling.Bytes);
        return new TokenizerDefinition
        {
            File = file,
            AddedTokens = added,
            Tokens = tokens,
            Encoder = new BytePairEncoder(tokens, Merges(vocabulary), ignoreMerges: true),
            Steps = [new SplitStep(KimiPattern)],
        };
    }

    private static Dictionary<string, int> Read(string file)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        int number = 0;
        foreach (string line in File.ReadLines(file, Encoding.Latin1))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            byte[] bytes = new byte[MaxTokenBytes];
            if (blank <= 0 || blank > MaxTokenBytes || !Convert.TryFromBase64Chars(line.AsSpan(0, blank), bytes, out int length) || length == 0
                || !int.TryParse(line.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= JsonFields.MaxTokens)
            {
                throw new InvalidDataException($"{file}: line {number} is not a token in base64 and a rank");
            }

            string text = string.Create(length, bytes, (letters, source) =>
            {
                for (int i = 0; i < letters.Length; i++)
                {
                    letters[i] = ByteAlphabet.Letter(source[i]);
                }
            });
            if (!vocabulary.TryAdd(text, id) || !taken.Add(id))
            {
                throw new InvalidDataException($"{file}: line {number}: the token or its rank {id} is there twice");
            }
        }

        return vocabulary.Count > 0 ? vocabulary : throw new InvalidDataException($"{file}: no tokens in it");
    }

    // A reserved token stands where the configuration leaves a gap behind the vocabulary.
    private static List<AddedToken> AddedTokens(string file, Dictionary<string, int> vocabulary, TokenizerConfig config)
    {
        int size = vocabulary.Values.Max() + 1, end = config.AddedTokens.Select(t => t.Id + 1).DefaultIfEmpty(size).Max();
        var added = new List<AddedToken>(config.AddedTokens);
        if (added.Find(t => t.Id < size) is { Content: not null } inside)
        {
            throw new InvalidDataException($"{file}: added token {inside.Id} of tokenizer_config.json is in the vocabulary already");
        }

        HashSet<int> known = [.. added.Select(t => t.Id)];
        for (int id = size; id < Math.Min(end, size + 4096); id++)
        {
            if (!known.Contains(id))
            {
                added.Add(new AddedToken(id, $"<|reserved_token_{id}|>", false, false, false, false, true));
            }
        }

        return added;
    }

    private static MergeTable Merges(Dictionary<string, int> vocabulary)
    {
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int, int, int, int)>(vocabulary.Count * 2);
        foreach ((string text, int id) in vocabulary)
        {
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (ids.TryGetValue(text.AsSpan(0, cut), out int left) && ids.TryGetValue(text.AsSpan(cut), out int right))
                {
                    merges.Add((left, right, id, id));
                }
            }
        }

        return new MergeTable(merges);
    }
}
