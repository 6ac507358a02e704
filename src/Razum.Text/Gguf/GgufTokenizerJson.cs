using System.Text.Json;

namespace Razum.Text.Gguf;

/// <summary>
/// A byte-level BPE vocabulary of a GGUF file as the text of a published <c>tokenizer.json</c>. The file names only the rule that splits text; what the rule is
/// stands here, as the checkpoints published it: with their normaliser, which the rule's name stands for too.
/// </summary>
internal static class GgufTokenizerJson
{
    private const int LongestShown = 120;
    private const int Control = 3;
    private const int UserDefined = 4;

    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Lines = "[\r\n]";
    private const string Han = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";
    private const string Number = @"\p{N}";

    // The checkpoint had single digits; files of this name mean runs of them. Published vocabularies have no merges of digits.
    private const string Numbers = @"\p{N}+";
    private const string DeepSeekLetters =
        "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-" +
        "\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5" +
        "\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-" +
        "\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-" +
        "\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-" +
        "\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-" +
        "\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-" +
        "\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-" +
        "\U0001e943]+";

    private const string DeepSeekMarks = "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+";

    private const string DeepSeek3 =
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";

    private const string Gpt2 = Splitting.SplitStep.Gpt2;
    private const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+";
    private const string Uppercased = @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Tekken = Cased + Uppercased + @"|\p{N}" + Tail;
    private const string Gpt4o = Cased + Contractions + Uppercased + Contractions + @"|\p{N}{1,3}" + Tail;

    /// <summary>The steps of a rule, in order.</summary>
    private static readonly Dictionary<string, string[]> s_rules = new()
    {
        ["llama-bpe"] = [Llama3],
        ["qwen2"] = [Qwen2],
        ["deepseek-r1-qwen"] = [Qwen2],
        ["deepseek-v3"] = [@"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DeepSeek3],
        ["deepseek-llm"] = [Lines, DeepSeekLetters, DeepSeekMarks, @"\s+$", Han, Numbers],
        ["deepseek-coder"] = [Lines, @"\s?\p{L}+", @"\s?\p{P}+", Han, Number],
        ["gpt-2"] = [],
        ["default"] = [],
        ["llama3"] = [Llama3],
        ["llama-v3"] = [Llama3],
        ["dbrx"] = [Llama3],
        ["smaug-bpe"] = [Llama3],
        ["chatglm-bpe"] = [Llama3],
        ["glm4"] = [Llama3],
        ["megrez"] = [Qwen2],
        ["hunyuan"] = [Qwen2],
        ["stablelm2"] = [Qwen2],
        ["kimi-k2"] = [TiktokenFile.KimiPattern],
        ["tekken"] = [Tekken],
        ["gpt-4o"] = [Gpt4o],
        ["starcoder"] = [Number, Gpt2],
        ["refact"] = [Number, Gpt2],
        ["command-r"] = [Number, Gpt2],
        ["smollm"] = [Number, Gpt2],
        ["deepseek3"] = [@"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DeepSeek3],
    };

    /// <summary>Rules of vocabularies whose whole pieces are tokens, whatever their merges say.</summary>
    private static readonly string[] s_ignoresMerges = ["llama-bpe", "llama3", "llama-v3", "kimi-k2", "tekken", "gpt-4o"];

    /// <summary>The name of the rule with these steps; null if it has none.</summary>
    public static string? RuleOf(IReadOnlyList<string> steps) => s_rules
        .Where(rule => rule.Value.Select(s => s == Numbers ? Number : s).SequenceEqual(steps.Select(s => s.Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal)))
            || rule.Value.SequenceEqual(steps))
        .Select(rule => rule.Key)
        .FirstOrDefault();

    /// <summary>Whether a vocabulary is of a kind that is known: SentencePiece BPE, or byte-level BPE with a known rule.</summary>
    public static bool Supports(GgufVocabulary vocabulary) => vocabulary.Model == "llama" || (vocabulary.Model == GgufVocabulary.ByteLevel && s_rules.ContainsKey(vocabulary.Pre));

    /// <exception cref="InvalidDataException">The vocabulary is damaged, or of a kind that is not supported.</exception>
    public static byte[] Write(GgufVocabulary vocabulary, string file)
    {
        if (vocabulary.Model != GgufVocabulary.ByteLevel)
        {
            throw new InvalidDataException($"{file}: tokenizer.ggml.model: {Shown(vocabulary.Model)} is not supported, only gpt2");
        }

        string[] rule = s_rules.GetValueOrDefault(vocabulary.Pre)
            ?? throw new InvalidDataException($"{file}: tokenizer.ggml.pre: {Shown(vocabulary.Pre)} is not supported, only {string.Join(", ", s_rules.Keys)}");
        if (vocabulary.Types.Count > 0 && vocabulary.Types.Count != vocabulary.Tokens.Count)
        {
            throw new InvalidDataException($"{file}: tokenizer.ggml.token_type: {vocabulary.Types.Count} types for {vocabulary.Tokens.Count} tokens");
        }

        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory))
        {
            json.WriteStartObject();
            WriteAddedTokens(json, vocabulary);
            if (rule.Contains(Qwen2))
            {
                json.WriteStartObject("normalizer");
                json.WriteString("type", "NFC");
                json.WriteEndObject();
            }

            WriteRule(json, rule);
            json.WriteStartObject("decoder");
            json.WriteString("type", "ByteLevel");
            json.WriteEndObject();
            WriteModel(json, vocabulary, file);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static bool IsAdded(GgufVocabulary vocabulary, int id) => vocabulary.Types.Count > 0 && vocabulary.Types[id] is (Control or UserDefined);

    private static void WriteAddedTokens(Utf8JsonWriter json, GgufVocabulary vocabulary)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (IsAdded(vocabulary, id))
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", vocabulary.Tokens[id]);
                json.WriteBoolean("special", vocabulary.Types[id] == Control);
                json.WriteBoolean("normalized", false);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static void WriteRule(Utf8JsonWriter json, string[] rule)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        foreach (string step in rule)
        {
            json.WriteStartObject();
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", step);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", rule.Length == 0); // GPT-2's rule is the built-in one
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, GgufVocabulary vocabulary, string file)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteBoolean("ignore_merges", s_ignoresMerges.Contains(vocabulary.Pre));
        json.WriteStartObject("vocab");
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (IsAdded(vocabulary, id))
            {
                continue;
            }

            if (!seen.Add(vocabulary.Tokens[id]))
            {
                throw new InvalidDataException($"{file}: tokenizer.ggml.tokens: token {id} is there twice");
            }

            json.WriteNumber(vocabulary.Tokens[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (string merge in vocabulary.Merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Shown(string text) => JsonFields.Printable(text.Length > LongestShown ? text[..LongestShown] + "..." : text);
}
