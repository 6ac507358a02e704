using System.Text.Json;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// Reads a Hugging Face <c>tokenizer.json</c> of a BPE tokenizer (byte-level, or over characters as SentencePiece does). Its <c>truncation</c> and
/// <c>padding</c> shape training batches and are not read; everything else it holds is either understood or refused by name.
/// </summary>
internal static class TokenizerJson
{
    /// <exception cref="InvalidDataException">The file is damaged or not supported.</exception>
    public static TokenizerDefinition Load(string file) => JsonFields.Read(file, root => Read(file, root));

    /// <summary>The same for text in memory; <paramref name="file"/> stands for it in messages.</summary>
    public static TokenizerDefinition Parse(string file, byte[] text) => JsonFields.Parse(file, text, root => Read(file, root));

    private static TokenizerDefinition Read(string file, JsonFields root)
    {
        JsonFields model = root.RequiredObject("model");
        CheckModel(model);
        Dictionary<string, int> vocabulary = ReadVocabulary(model);
        List<AddedToken> added = ReadAddedTokens(root, vocabulary);
        List<(int Left, int Right, int Merged)> merges = ReadMerges(model, vocabulary);
        var pipeline = new TokenizerJsonPipeline(root, model.Flag("byte_fallback", otherwise: false));
        var tokens = new TokenTable(vocabulary, added, pipeline.Spelling);
        bool ignoresMerges = model.Flag("ignore_merges", otherwise: false);
        CharacterSymbols? characters = null;
        if (!pipeline.IsByteLevel)
        {
            int unknown = model.Text("unk_token") is not string name ? -1 : vocabulary.TryGetValue(name, out int id) ? id
                : throw model.Fault("unk_token", $"\"{name}\" is not in the vocabulary");
            characters = new CharacterSymbols(vocabulary, pipeline.Spelling, unknown, model.Flag("fuse_unk", otherwise: false));
        }

        var encoder = new BytePairEncoder(tokens, new MergeTable(merges), ignoresMerges, characters);
        if (characters is null && model.Find("unk_token") is not null && Enumerable.Range(0, 0xF5).Any(b => b is not (0xC0 or 0xC1) && !encoder.Knows((byte)b)))
        {
            throw model.Fault("unk_token", "is used, for not every byte has a token: not supported");
        }

        bool cutsWords = characters is not null && !ignoresMerges && WordBoundaries.AreSafe(vocabulary, merges.Select(m => tokens.TextOf(m.Merged)!));
        return new TokenizerDefinition
        {
            File = file,
            AddedTokens = added,
            Tokens = tokens,
            Encoder = encoder,
            Normalizer = pipeline.Normalizer,
            Steps = cutsWords ? [.. pipeline.Steps, WordBoundaries.Step] : pipeline.Steps,
            WritesByteLetters = pipeline.WritesByteLetters,
            Prefix = pipeline.Prefix,
            Suffix = pipeline.Suffix,
            TrimOffsets = pipeline.TrimOffsets,
            KeepFirstBlank = pipeline.KeepFirstBlank,
        };
    }

    private static void CheckModel(JsonFields model)
    {
        if (model.Text("type") is string type and not "BPE")
        {
            throw model.Fault("type", $"{type} is not supported, only BPE");
        }

        foreach (string name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (!string.IsNullOrEmpty(model.Text(name)))
            {
                throw model.Fault(name, "is not supported");
            }
        }

        if (model.Find("dropout") is JsonElement dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
        {
            throw model.Fault("dropout", "is not supported");
        }
    }

    private static Dictionary<string, int> ReadVocabulary(JsonFields model)
    {
        if (model.Find("vocab") is not { ValueKind: JsonValueKind.Object } vocab)
        {
            throw model.Fault("vocab", "missing, or not an object");
        }

        var vocabulary = new Dictionary<string, int>(vocab.GetPropertyCount(), StringComparer.Ordinal);
        var taken = new HashSet<int>(vocab.GetPropertyCount());
        foreach (JsonProperty entry in vocab.EnumerateObject())
        {
            int id = model.TokenId(entry.Value, $"vocab[\"{entry.Name}\"]");
            if (!vocabulary.TryAdd(entry.Name, id) || !taken.Add(id))
            {
                throw model.Fault($"vocab[\"{entry.Name}\"]", $"the token or its id {id} is there twice");
            }
        }

        return vocabulary;
    }

    private static List<(int Left, int Right, int Merged)> ReadMerges(JsonFields model, Dictionary<string, int> vocabulary)
    {
        if (model.Find("merges") is not { ValueKind: JsonValueKind.Array } lines)
        {
            throw model.Fault("merges", "missing, or not an array");
        }

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int, int, int)>(lines.GetArrayLength());
        foreach (JsonElement line in lines.EnumerateArray())
        {
            string name = $"merges[{merges.Count}]";
            string left, right;
            if (line.ValueKind == JsonValueKind.String)
            {
                string text = line.GetString()!;
                int blank = text.IndexOf(' ', StringComparison.Ordinal);
                if (blank < 0 || text.IndexOf(' ', blank + 1) >= 0)
                {
                    throw model.Fault(name, "not two tokens parted by one blank");
                }

                (left, right) = (text[..blank], text[(blank + 1)..]);
            }
            else if (line.ValueKind == JsonValueKind.Array && line.GetArrayLength() == 2
                && line[0].ValueKind == JsonValueKind.String && line[1].ValueKind == JsonValueKind.String)
            {
                (left, right) = (line[0].GetString()!, line[1].GetString()!);
            }
            else
            {
                throw model.Fault(name, "neither \"a b\" nor [\"a\", \"b\"]");
            }

            if (!ids.TryGetValue(left, out int leftId) || !ids.TryGetValue(right, out int rightId)
                || !ids.TryGetValue(string.Concat(left, right), out int merged))
            {
                throw model.Fault(name, $"\"{left}\", \"{right}\" or what they make is not in the vocabulary");
            }

            merges.Add((leftId, rightId, merged));
        }

        return merges;
    }

    private static List<AddedToken> ReadAddedTokens(JsonFields root, Dictionary<string, int> vocabulary)
    {
        var tokens = new List<AddedToken>();
        Dictionary<int, string> names = vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (JsonFields item in root.Objects("added_tokens"))
        {
            string content = item.RequiredText("content");
            int id = item.TokenId(item.Find("id") ?? throw item.Fault("id", "missing"), "id");
            if (vocabulary.TryGetValue(content, out int other) && other != id)
            {
                throw item.Fault("id", $"{id}, but the vocabulary has \"{content}\" as {other}");
            }

            if (!names.TryAdd(id, content) && names[id] != content)
            {
                throw item.Fault("id", $"{id} is \"{names[id]}\" already");
            }

            tokens.Add(AddedToken.Read(item, id));
        }

        return tokens;
    }
}
