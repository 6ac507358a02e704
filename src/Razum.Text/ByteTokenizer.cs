using System.Text.Encodings.Web;
using System.Text.Json;
using Razum.Text.Templates;

namespace Razum.Text;

/// <summary>
/// The tokenizer of Razum's own small models: ten control tokens, then one token per byte and no merges. It is written in the published layout
/// (<c>tokenizer.json</c>, <c>tokenizer_config.json</c> with the chat template), so that <see cref="Tokenizer"/> and other programs read it alike.
/// </summary>
public static class ByteTokenizer
{
    /// <summary>Ids in use. A model's embedding may be padded above it.</summary>
    public const int VocabSize = 10 + 256;

    // Id = place. The answer tags are control tokens (left out of decoded text); the think tags are not, as in R1: the parser wants to see them.
    private static readonly (string Content, bool Special)[] s_controls =
    [
        (RazumChat.Bos, true), (RazumChat.End, true), (RazumChat.Pad, true), (RazumChat.System, true), (RazumChat.User, true),
        (RazumChat.Assistant, true), (RazumChat.Think, false), (RazumChat.EndThink, false), (RazumChat.Answer, true), (RazumChat.EndAnswer, true),
    ];

    /// <summary>The id of a byte.</summary>
    public static int IdOf(byte value) => s_controls.Length + value;

    /// <summary>Writes both files into a folder, each under a temporary name that is renamed when it is complete.</summary>
    public static void Write(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        WriteFile(Path.Combine(folder, "tokenizer.json"), WriteTokenizer);
        WriteFile(Path.Combine(folder, "tokenizer_config.json"), WriteConfig);
    }

    private static void WriteTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < s_controls.Length; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", s_controls[id].Content);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", s_controls[id].Special);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        WriteByteLevel(json, "pre_tokenizer");
        WritePrefix(json);
        WriteByteLevel(json, "decoder");
        WriteModel(json);
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", false);
        json.WriteEndObject();
    }

    // bos, then the text.
    private static void WritePrefix(Utf8JsonWriter json)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        WritePart(json, "SpecialToken", RazumChat.Bos, 0);
        WritePart(json, "Sequence", "A", 0);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        WritePart(json, "SpecialToken", RazumChat.Bos, 0);
        WritePart(json, "Sequence", "A", 0);
        WritePart(json, "Sequence", "B", 1);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(RazumChat.Bos);
        json.WriteString("id", RazumChat.Bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(0);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(RazumChat.Bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string kind, string id, int typeId)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", typeId);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The control tokens are in the model's vocabulary too: readers number tokens that are not from its end on, whatever id the file gives them.
    private static void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < s_controls.Length; id++)
        {
            json.WriteNumber(s_controls[id].Content, id);
        }

        for (int b = 0; b < 256; b++)
        {
            json.WriteNumber([ByteAlphabet.Letter((byte)b)], IdOf((byte)b));
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteBoolean("add_bos_token", true);
        json.WriteBoolean("add_eos_token", false);
        json.WriteString("bos_token", RazumChat.Bos);
        json.WriteString("eos_token", RazumChat.End);
        json.WriteString("pad_token", RazumChat.Pad);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("chat_template", RazumChat.Jinja);
        json.WriteEndObject();
    }

    private static void WriteFile(string file, Action<Utf8JsonWriter> write)
    {
        string temporary = file + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                {
                    write(json);
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
