using System.Text.Json;

namespace Razum.Text.Gguf;

/// <summary>The vocabulary of a published <c>tokenizer.json</c> as GGUF files have it: the way back of <see cref="GgufTokenizerJson"/>.</summary>
public static class GgufVocabularyReader
{
    private const int Normal = 1;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;

    /// <summary>Reads the tokenizer files of a model folder.</summary>
    /// <exception cref="InvalidDataException">They are damaged, or of a kind that GGUF files do not name.</exception>
    public static GgufVocabulary Read(string folder)
    {
        string file = Path.Combine(folder, "tokenizer.json");
        Tokenizer tokenizer = Tokenizer.Load(folder); // says what is wrong with the files
        return JsonFields.Read(file, root => Read(root, tokenizer));
    }

    private static GgufVocabulary Read(JsonFields root, Tokenizer tokenizer)
    {
        string[] tokens = new string[tokenizer.VocabSize];
        int[] types = new int[tokens.Length];
        for (int id = 0; id < tokens.Length; id++)
        {
            string? text = tokenizer.IdToToken(id);
            (tokens[id], types[id]) = text is null ? ($"[PAD{id}]", Unused) : (text, Normal);
        }

        foreach (JsonFields added in root.Objects("added_tokens"))
        {
            if (added.Find("id") is { } id && id.TryGetInt32(out int number) && (uint)number < (uint)tokens.Length)
            {
                types[number] = added.Flag("special", otherwise: false) ? Control : UserDefined;
            }
        }

        GgufVocabulary vocabulary = SentencePieceScores.Has(root) ? SentencePieceScores.Read(root, tokens, types) : BytePairs(root, tokens, types);
        return vocabulary with
        {
            BosTokenId = tokenizer.BosId,
            EosTokenId = tokenizer.EosId,
            PaddingTokenId = tokenizer.PadId,
            AddBosToken = tokenizer.Prefix.Length > 0,
            AddEosToken = false,
            ChatTemplate = tokenizer.Config.ChatTemplate,
        };
    }

    private static GgufVocabulary BytePairs(JsonFields root, string[] tokens, int[] types)
    {
        JsonFields model = root.RequiredObject("model");
        string[] merges = [.. model.Find("merges") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(Merge) : []];
        return new GgufVocabulary
        {
            Model = GgufVocabulary.ByteLevel,
            Pre = GgufTokenizerJson.RuleOf(Steps(root)) ?? (merges.Length == 0 ? "gpt-2" : null) // without merges no rule changes anything
                ?? throw root.Fault("pre_tokenizer", "GGUF files have no name for this rule"),
            Tokens = tokens,
            Types = types,
            Merges = merges,
        };
    }

    private static string Merge(JsonElement merge) =>
        merge.ValueKind == JsonValueKind.Array ? string.Join(' ', merge.EnumerateArray().Select(p => p.GetString())) : merge.GetString() ?? "";

    /// <summary>The patterns of the pre-tokenizer, in order; digits one by one stand as their pattern.</summary>
    private static List<string> Steps(JsonFields root)
    {
        List<string> steps = [];
        if (root.Find("pre_tokenizer") is { } pre)
        {
            Collect(pre, steps);
        }

        return steps;
    }

    private static void Collect(JsonElement step, List<string> steps)
    {
        string? type = step.TryGetProperty("type", out JsonElement name) ? name.GetString() : null;
        if (type == "Sequence")
        {
            foreach (JsonElement inner in step.GetProperty("pretokenizers").EnumerateArray())
            {
                Collect(inner, steps);
            }
        }
        else if (type == "Split")
        {
            steps.Add(step.GetProperty("pattern").TryGetProperty("Regex", out JsonElement regex) ? regex.GetString()! : "");
        }
        else if (type == "Digits")
        {
            steps.Add(@"\p{N}");
        }
        else if (type == "ByteLevel" && steps.Count == 0 && !(step.TryGetProperty("use_regex", out JsonElement uses) && !uses.GetBoolean()))
        {
            return; // the built-in rule: no steps
        }
        else if (type == "ByteLevel" && steps.Count == 0)
        {
            steps.Add("none");
        }
    }
}
