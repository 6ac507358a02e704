using System.Text.Json;
using Razum.Inference;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text;
using Razum.Text.Gguf;

namespace Razum.Tests.Text;

/// <summary>Real vocabularies in GGUF files against the ids that their own programs recorded. They are too large to stand in the repository.</summary>
[Trait("golden", "yes")]
public sealed class GgufVocabularyGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Files =>
        from folder in Goldens.Cases("text/ggml-vocab")
        from file in Directory.EnumerateFiles(folder, "*.gguf")
        select new TheoryDataRow<string>(Path.GetRelativePath(Goldens.Root, file));

    public static IEnumerable<TheoryDataRow<string>> SentencePieceFiles => Files.Where(row =>
    {
        using var model = new GgufModel(Path.Combine(Goldens.Root, row.Data));
        return GgufVocabularies.Read(model).Model == "llama";
    });

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public void Ids(string file)
    {
        file = Path.Combine(Goldens.Root, file);
        using var model = new GgufModel(file);
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufVocabularies.Read(model), file);
        int wrong = 0;
        string first = "";
        string[] texts = File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n");
        string[] lines = File.ReadAllLines(file + ".out");
        for (int i = 0; i < lines.Length; i++)
        {
            Compare(texts[i], [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)], parseSpecial: false);
        }

        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "vectors.json")));
        Assert.Equal(Numbers(vectors.RootElement.GetProperty("prefix")), tokenizer.Prefix.ToArray());
        foreach (JsonElement c in vectors.RootElement.GetProperty("cases").EnumerateArray())
        {
            int[] ids = Numbers(c.GetProperty("ids"));
            string text = c.GetProperty("text").GetString()!;
            Compare(text, ids, parseSpecial: true);
            string decoded = c.TryGetProperty("decoded", out JsonElement d) ? d.GetString()! : text;
            first = decoded == tokenizer.Decode(ids) || first.Length > 0 ? first : $"decoded: {JsonEncodedText.Encode(text)} became {JsonEncodedText.Encode(tokenizer.Decode(ids))}";
            int[] spans = tokenizer.EncodeWithOffsets(text).Offsets;
            first = Numbers(c.GetProperty("offsets")).SequenceEqual(spans) || first.Length > 0 ? first : $"offsets of {JsonEncodedText.Encode(text)}";
        }

        Goldens.Report(Path.GetFileName(file), "ids", wrong, 0);
        Assert.True(first.Length == 0, $"{wrong} ids differ; the first: {first}");

        void Compare(string text, int[] expected, bool parseSpecial)
        {
            int[] actual = tokenizer.Encode(text, parseSpecial: parseSpecial);
            if (!expected.SequenceEqual(actual))
            {
                wrong++;
                first = first.Length > 0 ? first : $"{JsonEncodedText.Encode(text)}: expected [{string.Join(",", expected)}], got [{string.Join(",", actual)}]";
            }
        }
    }

    /// <summary>SentencePiece as tokenizer.json and back: the same ids, and the kinds that the file gave.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(SentencePieceFiles))]
    public void SentencePiece_as_tokenizer_json_and_back(string file)
    {
        file = Path.Combine(Goldens.Root, file);
        using var model = new GgufModel(file);
        GgufVocabulary vocabulary = GgufVocabularies.Read(model);
        using TemporaryFolder folder = new();
        (byte[] tokenizer, byte[] config) = GgufTokenizerFiles.Write(vocabulary, file);
        File.WriteAllBytes(folder.File("tokenizer.json"), tokenizer);
        File.WriteAllBytes(folder.File("tokenizer_config.json"), config);
        GgufVocabulary back = GgufVocabularyReader.Read(folder.Path);
        Assert.Equal(vocabulary.Tokens, back.Tokens);
        Assert.Equal(vocabulary.Types, back.Types);
        Tokenizer original = Tokenizer.FromGguf(vocabulary, file);
        Tokenizer[] written = [Tokenizer.Load(folder.Path), Tokenizer.FromGguf(back, "back")];
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "vectors.json")));
        foreach (string text in vectors.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!).Concat(File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n")))
        {
            Assert.All(written, other => Assert.Equal(original.Encode(text, addBos: true), other.Encode(text, addBos: true)));
            Assert.All(written, other => Assert.Equal(original.Decode(original.Encode(text)), other.Decode(other.Encode(text))));
        }
    }

    public static IEnumerable<TheoryDataRow<string>> Published => Goldens.Cases("text/tokenizers").Where(IsSentencePiece).Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder)));

    /// <summary>Published tokenizer.json files of that form keep their ids in a GGUF file; which blanks an added token swallows has no field there.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Published))]
    public void Published_files_keep_their_ids(string name)
    {
        string folder = Path.Combine(Goldens.Root, "text", "tokenizers", name);
        Tokenizer original = Tokenizer.Load(folder), inGguf = Tokenizer.FromGguf(GgufVocabularyReader.Read(folder), name);
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "vectors.json")));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        string[] swallow = [.. json.RootElement.GetProperty("added_tokens").EnumerateArray().Where(t => t.GetProperty("lstrip").GetBoolean() || t.GetProperty("rstrip").GetBoolean()).Select(t => t.GetProperty("content").GetString()!)];
        string[] texts = [.. vectors.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!).Where(t => !swallow.Any(t.Contains))];
        Assert.True(texts.Length > 100);
        Assert.All(texts, text => Assert.Equal(original.Encode(text, parseSpecial: false), inGguf.Encode(text, parseSpecial: false)));
        Assert.Equal(original.Prefix.ToArray(), inGguf.Prefix.ToArray());
    }

    /// <summary>BPE with byte fallback whose blanks are replaced by the normalizer, not by a pre-tokenizer.</summary>
    private static bool IsSentencePiece(string folder)
    {
        string file = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(file))
        {
            return false;
        }

        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.GetProperty("model").TryGetProperty("byte_fallback", out JsonElement falls) && falls.ValueKind == JsonValueKind.True
            && json.RootElement.TryGetProperty("pre_tokenizer", out JsonElement pre) && pre.ValueKind == JsonValueKind.Null;
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
