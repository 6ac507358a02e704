using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Text;

namespace Razum.Tests.Text;

/// <summary>Every tokenizer of the goldens: ids, offsets, decoded text, streams and long strings, all exact.</summary>
[Trait("golden", "yes")]
public sealed class TokenizerGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Names =>
        Goldens.Cases("text/tokenizers").Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder)));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Encode(string name)
    {
        Tokenizer tokenizer = Load(name);
        using JsonDocument vectors = Read(name, "vectors.json");
        int[] prefix = Ids(vectors.RootElement.GetProperty("prefix"));
        Assert.Equal(prefix, tokenizer.Prefix.ToArray());
        int ids = 0, offsets = 0, plain = 0, withPrefix = 0;
        string first = "";
        foreach (JsonElement c in vectors.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = c.GetProperty("text").GetString()!;
            int[] expected = Ids(c.GetProperty("ids"));
            int[] expectedPlain = c.TryGetProperty("plain_ids", out JsonElement p) ? Ids(p) : expected;
            (int[] actual, int[] spans) = tokenizer.EncodeWithOffsets(text);
            int before = ids + offsets + plain + withPrefix;
            ids += Differs(expected, tokenizer.Encode(text)) + Differs(expected, actual);
            offsets += Differs(Ids(c.GetProperty("offsets")), spans);
            plain += Differs(expectedPlain, tokenizer.Encode(text, parseSpecial: false));
            withPrefix += Differs([.. prefix, .. expected], tokenizer.Encode(text, addBos: true));
            if (first.Length == 0 && ids + offsets + plain + withPrefix > before)
            {
                first = $"{JsonEncodedText.Encode(text)}: expected [{string.Join(",", expected)}], got [{string.Join(",", actual)}]; plain expected "
                    + $"[{string.Join(",", expectedPlain)}]; offsets expected {c.GetProperty("offsets").GetRawText()}, got [{string.Join(",", spans)}]";
            }
        }

        Goldens.Report(name, "ids", ids, 0);
        Goldens.Report(name, "offsets", offsets, 0);
        Goldens.Report(name, "plain_ids", plain, 0);
        Goldens.Report(name, "prefix", withPrefix, 0);
        Assert.True(first.Length == 0, $"ids {ids}, offsets {offsets}, plain {plain}, prefix {withPrefix} differ; the first: {first}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Decode(string name)
    {
        Tokenizer tokenizer = Load(name);
        using JsonDocument vectors = Read(name, "vectors.json");
        int wrong = 0;
        string first = "";
        IEnumerable<JsonElement> lists = vectors.RootElement.TryGetProperty("decode", out JsonElement decode) ? decode.EnumerateArray() : [];
        foreach (JsonElement c in vectors.RootElement.GetProperty("cases").EnumerateArray().Concat(lists))
        {
            int[] ids = Ids(c.GetProperty("ids"));
            string decoded = c.TryGetProperty("decoded", out JsonElement d) ? d.GetString()! : c.GetProperty("text").GetString()!;
            string skipped = c.TryGetProperty("decoded_skip", out JsonElement s) ? s.GetString()! : decoded;
            bool same = decoded == tokenizer.Decode(ids) && skipped == tokenizer.Decode(ids, skipSpecial: true);
            wrong += same ? 0 : 1;
            first = same || first.Length > 0 ? first : $"[{string.Join(",", ids)}]: expected {decoded} and {skipped}";
        }

        Goldens.Report(name, "decoded", wrong, 0);
        Assert.True(wrong == 0, $"{wrong} differ; the first: {first}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Stream(string name)
    {
        Tokenizer tokenizer = Load(name);
        using JsonDocument streams = Read(name, "streams.json");
        int wrong = 0;
        string first = "";
        foreach (JsonElement c in streams.RootElement.GetProperty("streams").EnumerateArray())
        {
            int[] ids = Ids(c.GetProperty("ids"));
            var stream = new Detokenizer(tokenizer, c.GetProperty("skip_special_tokens").GetBoolean());
            string?[] parts = [.. c.GetProperty("parts").EnumerateArray().Select(p => p.GetString()), c.GetProperty("tail").GetString()];
            string[] actual = [.. ids.Select(stream.Append), stream.Finish()];
            bool same = parts.SequenceEqual(actual);
            wrong += same ? 0 : 1;
            first = same || first.Length > 0 ? first : $"[{string.Join(",", ids)}]: expected {string.Join("|", parts)}, got {string.Join("|", actual)}";
        }

        Goldens.Report(name, "streams", wrong, 0);
        Assert.True(wrong == 0, $"{wrong} differ; the first: {first}");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Names))]
    public void Stress(string name)
    {
        Tokenizer tokenizer = Load(name);
        using JsonDocument stress = Read(name, "stress.json");
        foreach (JsonElement c in stress.RootElement.GetProperty("stress").EnumerateArray())
        {
            string text = string.Concat(Enumerable.Repeat(c.GetProperty("unit").GetString(), c.GetProperty("count").GetInt32()));
            int[] ids = tokenizer.Encode(text);
            byte[] bytes = new byte[ids.Length * 4];
            for (int i = 0; i < ids.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), ids[i]);
            }

            string rule = c.GetProperty("rule").GetString()!;
            bool same = c.GetProperty("sha256").GetString() == Convert.ToHexStringLower(SHA256.HashData(bytes));
            Goldens.Report(name, $"stress {rule}", same ? 0 : 1, 0);
            Assert.True(same, $"{rule}: {ids.Length} ids, expected {c.GetProperty("ids").GetInt32()}");
        }
    }

    /// <summary>The vocabularies that come in their original form too (tiktoken, SentencePiece) give the same ids from it.</summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Originals))]
    public void OriginalForm(string name, string file)
    {
        string folder = Path.Combine(Goldens.Root, "text", "tokenizers", name);
        using var copy = new TemporaryFolder();
        File.Copy(Path.Combine(folder, file), Path.Combine(copy.Path, file));
        JsonNode config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer_config.json")))!;
        // What the setting legacy means is written out in tokenizer.json: follow that.
        config["legacy"] = !File.ReadAllText(Path.Combine(folder, "tokenizer.json")).Contains("Metaspace", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(copy.Path, "tokenizer_config.json"), config.ToJsonString());
        Tokenizer tokenizer = Tokenizer.Load(copy.Path);
        using JsonDocument vectors = Read(name, "vectors.json");
        int wrong = 0;
        string first = "";
        foreach (JsonElement c in vectors.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = c.GetProperty("text").GetString()!;
            int[] expected = Ids(c.GetProperty("ids")), actual = tokenizer.Encode(text);
            string decoded = c.TryGetProperty("decoded", out JsonElement d) ? d.GetString()! : text;
            bool same = expected.SequenceEqual(actual) && decoded == tokenizer.Decode(expected);
            wrong += same ? 0 : 1;
            first = same || first.Length > 0 ? first : $"{JsonEncodedText.Encode(text)}: expected [{string.Join(",", expected)}], got [{string.Join(",", actual)}]";
        }

        Goldens.Report(name, file, wrong, 0);
        Assert.True(wrong == 0, $"{wrong} differ; the first: {first}");
    }

    public static IEnumerable<TheoryDataRow<string, string>> Originals =>
        from folder in Goldens.Cases("text/tokenizers")
        from file in (string[])["tiktoken.model", "tokenizer.model"]
        where File.Exists(Path.Combine(folder, file))
        select new TheoryDataRow<string, string>(Path.GetFileName(folder), file);

    private static Tokenizer Load(string name) => Tokenizer.Load(Path.Combine(Goldens.Root, "text", "tokenizers", name));

    private static JsonDocument Read(string name, string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Goldens.Root, "text", "tokenizers", name, file)));

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static int Differs(int[] expected, int[] actual) => expected.AsSpan().SequenceEqual(actual) ? 0 : 1;
}
