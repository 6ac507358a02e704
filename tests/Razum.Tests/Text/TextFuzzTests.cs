using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Razum.Text;
using Razum.Text.Jinja;
using Razum.Text.Splitting;

namespace Razum.Tests.Text;

/// <summary>
/// Damaged files and hostile texts by the thousand, from fixed seeds: everything ends well or with the one error its reader promises. See <see cref="Mutation.Times"/>.
/// </summary>
public sealed class TextFuzzTests
{
    private static readonly string[] s_jsons =
    [
        """{"added_tokens":[{"id":7,"content":"<s>","special":true,"normalized":false},{"id":8,"content":"x","lstrip":true,"rstrip":true,"single_word":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[7],"tokens":["<s>"]}}},"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":{"<unk>":0,"▁":1,"a":2,"b":3,"ab":4,"▁a":5,"<0x0A>":6},"merges":["a b","▁ a"]}}""",
        """{"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"use_regex":true},{"type":"Punctuation","behavior":"Contiguous"}]},"post_processor":{"type":"ByteLevel","trim_offsets":true},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"Ġ":2,"ab":3,"Ġab":4},"merges":[["a","b"],["Ġ","ab"]]}}""",
        """{"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},"decoder":{"type":"Metaspace","replacement":"▁"},"model":{"type":"BPE","vocab":{"a":0,"▁":1,"▁a":2},"merges":["▁ a"]}}""",
    ];

    private static readonly string[] s_texts = ["", "ab  a'S 12345\r\n\t x", "<s>▁ab\uD83D\uDE00 \uDC00x e\u0301 中文 ", new string('a', 300), "\n\n  \n ."];

    [Fact]
    public void TokenizerJson()
    {
        using var folder = TemporaryFolder.InMemory();
        string file = folder.File("tokenizer.json");
        var random = new Random(11);
        int loaded = 0;
        for (int n = 0; n < 1200 * Mutation.Times; n++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(s_jsons[n % s_jsons.Length]);
            File.WriteAllBytes(file, n < s_jsons.Length ? bytes : Mutate(bytes, random));
            loaded += Try(file) ? 1 : 0;
        }

        Assert.True(loaded > 50, $"only {loaded} could be loaded: the mutations are too wild to test what is behind");
    }

    [Fact]
    public void SentencePieceModel()
    {
        using var folder = TemporaryFolder.InMemory();
        string file = folder.File("tokenizer.model");
        byte[] model = Model();
        var random = new Random(12);
        for (int n = 0; n < 1200 * Mutation.Times; n++)
        {
            File.WriteAllBytes(file, n == 0 ? model : n < model.Length ? model[..n] : Mutate(model, random));
            bool loads = Try(file);
            Assert.True(loads || n > 0);
        }
    }

    [Fact]
    public void TiktokenModel()
    {
        using var folder = TemporaryFolder.InMemory();
        string file = folder.File("tiktoken.model");
        byte[] ranks = Encoding.ASCII.GetBytes(string.Concat(((string[])["a", "b", "ab", " ", " a"]).Select((t, i) => $"{Convert.ToBase64String(Encoding.UTF8.GetBytes(t))} {i}\n")));
        var random = new Random(13);
        for (int n = 0; n < 200 * Mutation.Times; n++)
        {
            File.WriteAllBytes(file, n == 0 ? ranks : Mutate(ranks, random));
            Assert.True(Try(file) || n > 0);
        }
    }

    [Fact]
    public void Templates()
    {
        string file = Path.Combine(Goldens.Root, "text", "jinja", "snippets.json");
        Assert.SkipUnless(File.Exists(file), $"{file} is not there");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement[] snippets = [.. json.RootElement.GetProperty("cases").EnumerateArray()];
        var random = new Random(14);
        int rendered = 0, count = 4000 * Mutation.Times;
        for (int n = 0; n < count; n++)
        {
            JsonElement snippet = snippets[random.Next(snippets.Length)];
            string other = snippets[random.Next(snippets.Length)].GetProperty("template").GetString()!;
            string template = MutateText(snippet.GetProperty("template").GetString()!, other, random);
            try
            {
                new JinjaTemplate("fuzz", template).Render(snippet.GetProperty("context").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, JinjaVariables.From(p.Value))), DateTime.UnixEpoch);
                rendered++;
            }
            catch (JinjaException)
            {
                // What a bad template shall end with.
            }
            catch (Exception e)
            {
                Assert.Fail($"{template}: {e}");
            }
        }

        Assert.True(rendered > count / 20, $"only {rendered} of {count} rendered");
    }

    [Fact]
    public void Patterns()
    {
        string[] seeds = [SplitStep.Gpt2, TiktokenFile.KimiPattern, @"\s?[A-Za-zµÀ-ÖØ-ö]+", @"\s+$", "(?:a|b)*?c|(?<!x)y{2,3}+|(?>ab)*", @"(a+)+b|([ab]|a)*c"];
        var random = new Random(15);
        for (int n = 0; n < 600 * Mutation.Times; n++)
        {
            string pattern = n < seeds.Length ? seeds[n] : MutateText(seeds[n % seeds.Length], seeds[random.Next(seeds.Length)], random);
            try
            {
                var step = new SplitStep(pattern);
                RegexRun run = step.CreateRun();
                foreach (string text in s_texts)
                {
                    run.Begin(text.Length);
                    int last = 0;
                    for (int at = 0; step.Next(text, at, run, out int start, out int end); at = end)
                    {
                        Assert.True(start == last && end > start && end <= text.Length, pattern);
                        last = end;
                    }
                }
            }
            catch (Exception e) when (e is FormatException or InvalidDataException)
            {
                // Not a pattern, or one that doubles its work.
            }
        }
    }

    // Loads and uses a tokenizer; false if it is refused as it should be.
    private static bool Try(string file)
    {
        try
        {
            Tokenizer tokenizer = Tokenizer.Load(file);
            var stream = new Detokenizer(tokenizer);
            foreach (string text in s_texts)
            {
                (int[] ids, _) = tokenizer.EncodeWithOffsets(text);
                Assert.Equal(tokenizer.Encode(text), ids);
                tokenizer.Decode(ids);
                _ = string.Concat(ids.Select(stream.Append)) + stream.Finish();
            }

            return true;
        }
        catch (InvalidDataException e)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            return false;
        }
    }

    private static byte[] Mutate(byte[] bytes, Random random) => Mutation.Of(bytes, random, "0123456789{}[]\",:ea-"u8, 3);

    private const string Marks = "()[]{}|.,:*+?\\^$&-~'\"%<>=!0919";

    private static string MutateText(string text, string other, Random random)
    {
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(text.Length + 1), length = Math.Min(random.Next(1, 12), text.Length - at);
            int from = random.Next(other.Length + 1);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, other.Substring(from, Math.Min(random.Next(1, 30), other.Length - from))),
                2 => text.Insert(at, Marks[random.Next(Marks.Length)].ToString()),
                _ => text.Insert(at, text.Substring(at, length)),
            };
        }

        return text;
    }

    private static byte[] Model()
    {
        var bytes = new List<byte>();
        foreach ((string text, float score, int kind) in ((string, float, int)[])[("<unk>", 0, 2), ("<s>", 0, 3), ("<0x0A>", 0, 6), ("▁", -1, 1), ("a", -2, 1), ("b", -3, 1), ("ab", -1, 1), ("▁ab", -1, 1), ("<x>", 0, 4)])
        {
            byte[] name = Encoding.UTF8.GetBytes(text), number = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(number, score);
            byte[] piece = [0x0A, (byte)name.Length, .. name, 0x15, .. number, 0x18, (byte)kind];
            bytes.AddRange([0x0A, (byte)piece.Length, .. piece]);
        }

        return [.. bytes, 0x12, 2, 0x18, 2, 0x1A, 4, 0x18, 1, 0x20, 0];
    }
}
