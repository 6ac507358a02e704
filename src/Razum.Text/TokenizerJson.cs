using System.Text.Json;
using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>
/// Reads a Hugging Face <c>tokenizer.json</c> of a byte-level BPE tokenizer. Its <c>truncation</c> and <c>padding</c> shape training batches and are not
/// read; everything else it holds is either understood or refused by name. SentencePiece-style BPE (byte_fallback, Metaspace) is not read here.
/// </summary>
internal sealed class TokenizerJson
{
    private TokenizerJson(string file, JsonFields root)
    {
        File = file;
        JsonFields model = root.RequiredObject("model");
        CheckModel(model);
        Vocabulary = ReadVocabulary(model);
        AddedTokens = ReadAddedTokens(root);
        Tokens = new TokenTable(Vocabulary, AddedTokens);
        Encoder = new BytePairEncoder(Tokens, ReadMerges(model), model.Flag("ignore_merges", otherwise: false));
        Normalizer = ReadNormalizer(root);
        Steps = [.. ReadPreTokenizer(root)];
        ReadPostProcessor(root.Object("post_processor"));
        CheckDecoder(root.Object("decoder"));
        if (model.Find("unk_token") is not null && Enumerable.Range(0, 0xF5).Any(b => b is not (0xC0 or 0xC1) && !Encoder.Knows((byte)b)))
        {
            throw model.Fault("unk_token", "is used, for not every byte has a token: not supported");
        }
    }

    public string File { get; }

    public Dictionary<string, int> Vocabulary { get; }

    public List<AddedToken> AddedTokens { get; }

    public TokenTable Tokens { get; }

    public BytePairEncoder Encoder { get; }

    public Normalizer Normalizer { get; }

    public SplitStep[] Steps { get; }

    /// <summary>Ids that the post-processor puts before a text; null when it has no template.</summary>
    public int[]? Prefix { get; private set; }

    /// <summary>Offsets leave out the blanks at the ends of a token.</summary>
    public bool TrimOffsets { get; private set; }

    /// <summary>With <see cref="TrimOffsets"/>: the first token keeps its leading blanks.</summary>
    public bool KeepFirstBlank { get; private set; }

    public static TokenizerJson Load(string file) => JsonFields.Read(file, root => new TokenizerJson(file, root));

    /// <summary>The same for text in memory; <paramref name="file"/> stands for it in messages.</summary>
    public static TokenizerJson Parse(string file, byte[] text) => JsonFields.Parse(file, text, root => new TokenizerJson(file, root));

    private static void CheckModel(JsonFields model)
    {
        if (model.Text("type") is string type and not "BPE")
        {
            throw model.Fault("type", $"{type} is not supported, only byte-level BPE");
        }

        if (model.Flag("byte_fallback", otherwise: false))
        {
            throw model.Fault("byte_fallback", "true (SentencePiece-style BPE) is not supported");
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

    private MergeTable ReadMerges(JsonFields model)
    {
        if (model.Find("merges") is not { ValueKind: JsonValueKind.Array } lines)
        {
            throw model.Fault("merges", "missing, or not an array");
        }

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
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

        return new MergeTable(merges);
    }

    private List<AddedToken> ReadAddedTokens(JsonFields root)
    {
        var tokens = new List<AddedToken>();
        Dictionary<int, string> names = Vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (JsonFields item in root.Objects("added_tokens"))
        {
            string content = item.RequiredText("content");
            int id = item.TokenId(item.Find("id") ?? throw item.Fault("id", "missing"), "id");
            if (Vocabulary.TryGetValue(content, out int other) && other != id)
            {
                throw item.Fault("id", $"{id}, but the vocabulary has \"{content}\" as {other}");
            }

            if (!names.TryAdd(id, content) && names[id] != content)
            {
                throw item.Fault("id", $"{id} is \"{names[id]}\" already");
            }

            bool special = item.Flag("special", otherwise: false);
            tokens.Add(new AddedToken(id, content, item.Flag("single_word", otherwise: false), item.Flag("lstrip", otherwise: false),
                item.Flag("rstrip", otherwise: false), item.Flag("normalized", otherwise: !special), special));
        }

        return tokens;
    }

    private static Normalizer ReadNormalizer(JsonFields root)
    {
        bool nfc = false, lowercase = false;
        foreach (JsonFields step in Flatten(root.Object("normalizer"), "normalizers"))
        {
            switch (step.RequiredText("type"))
            {
                case "NFC" when !lowercase:
                    nfc = true;
                    break;
                case "Lowercase":
                    lowercase = true;
                    break;
                case string type:
                    throw step.Fault("type", $"normalizer {type} is not supported{(type == "NFC" ? " behind Lowercase" : "")}");
            }
        }

        return new Normalizer(nfc, lowercase);
    }

    private static IEnumerable<SplitStep> ReadPreTokenizer(JsonFields root)
    {
        bool byteLevel = false;
        foreach (JsonFields step in Flatten(root.Object("pre_tokenizer"), "pretokenizers"))
        {
            string type = step.RequiredText("type");
            if (byteLevel)
            {
                throw step.Fault("type", $"{type} behind ByteLevel is not supported");
            }

            switch (type)
            {
                case "Split":
                    yield return ReadSplit(step);
                    break;
                case "Digits":
                    yield return SplitPattern.Digits(step.Flag("individual_digits", otherwise: false));
                    break;
                case "ByteLevel":
                    byteLevel = true;
                    if (step.Flag("add_prefix_space", otherwise: true))
                    {
                        throw step.Fault("add_prefix_space", "true is not supported");
                    }

                    if (step.Flag("use_regex", otherwise: true))
                    {
                        yield return new Gpt2Step();
                    }

                    break;
                default:
                    throw step.Fault("type", $"pre-tokenizer {type} is not supported");
            }
        }

        if (!byteLevel)
        {
            throw root.Fault("pre_tokenizer", "no ByteLevel step: only byte-level BPE is supported");
        }
    }

    private static SplitStep ReadSplit(JsonFields step)
    {
        if (step.RequiredText("behavior") is string behavior and not "Isolated")
        {
            throw step.Fault("behavior", $"{behavior} is not supported, only Isolated");
        }

        if (step.Flag("invert", otherwise: false))
        {
            throw step.Fault("invert", "true is not supported");
        }

        JsonFields pattern = step.RequiredObject("pattern");
        string regex = pattern.Text("Regex") ?? throw pattern.Fault("Regex", "missing: only regular expressions are supported");
        return SplitPattern.TryParse(regex) ?? throw pattern.Fault("Regex", $"unknown pattern {OneLine(regex)}");
    }

    private void ReadPostProcessor(JsonFields? root)
    {
        foreach (JsonFields step in Flatten(root, "processors"))
        {
            switch (step.RequiredText("type"))
            {
                case "ByteLevel":
                    TrimOffsets = step.Flag("trim_offsets", otherwise: true);
                    KeepFirstBlank = step.Flag("add_prefix_space", otherwise: true);
                    break;
                case "TemplateProcessing":
                    Prefix = ReadTemplate(step);
                    break;
                case string type:
                    throw step.Fault("type", $"post-processor {type} is not supported");
            }
        }
    }

    // The tokens before sequence A in the template of a single text.
    private static int[] ReadTemplate(JsonFields step)
    {
        var ids = new List<int>();
        bool behind = false;
        foreach (JsonFields part in step.Objects("single"))
        {
            if (part.Object("Sequence") is not null)
            {
                behind = true;
                continue;
            }

            string name = part.RequiredObject("SpecialToken").RequiredText("id");
            if (behind)
            {
                throw part.Fault("SpecialToken", $"{name} behind the text is not supported");
            }

            JsonFields token = step.RequiredObject("special_tokens").RequiredObject(name);
            if (token.Find("ids") is not { ValueKind: JsonValueKind.Array } values)
            {
                throw token.Fault("ids", "missing, or not an array");
            }

            foreach (JsonElement value in values.EnumerateArray())
            {
                ids.Add(token.TokenId(value, "ids"));
            }
        }

        return [.. ids];
    }

    private static void CheckDecoder(JsonFields? root)
    {
        foreach (JsonFields step in Flatten(root, "decoders"))
        {
            if (step.RequiredText("type") is string type and not "ByteLevel")
            {
                throw step.Fault("type", $"decoder {type} is not supported, only ByteLevel");
            }
        }
    }

    // A step, or a Sequence of steps, as a flat list.
    private static IEnumerable<JsonFields> Flatten(JsonFields? step, string listName)
    {
        if (step is not JsonFields fields)
        {
            return [];
        }

        return fields.RequiredText("type") == "Sequence" ? fields.Objects(listName).SelectMany(s => Flatten(s, listName)) : [fields];
    }

    private static string OneLine(string text) =>
        (text.Length > 120 ? text[..120] + "..." : text).Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
}
