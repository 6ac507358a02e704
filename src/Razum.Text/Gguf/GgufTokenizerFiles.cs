using System.Text.Json;

namespace Razum.Text.Gguf;

/// <summary>The vocabulary of a GGUF file as the tokenizer files of a published folder.</summary>
public static class GgufTokenizerFiles
{
    /// <summary>The text of <c>tokenizer.json</c> and of <c>tokenizer_config.json</c>.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="file">Where it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">The vocabulary is damaged, or of a kind that is not supported.</exception>
    public static (byte[] Tokenizer, byte[] Config) Write(GgufVocabulary vocabulary, string file)
    {
        byte[] tokenizer = vocabulary.Model == "llama" ? GgufSentencePieceJson.Write(vocabulary, file) : GgufTokenizerJson.Write(vocabulary, file);
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteBoolean("add_bos_token", vocabulary.AddsBos);
            json.WriteBoolean("add_eos_token", false);
            Token(json, "bos_token", vocabulary.BosTokenId);
            Token(json, "eos_token", vocabulary.EosTokenId);
            Token(json, "pad_token", vocabulary.PaddingTokenId);
            Token(json, "unk_token", vocabulary.UnknownTokenId);
            if (vocabulary.ChatTemplate is { } template)
            {
                json.WriteString("chat_template", template);
            }

            json.WriteEndObject();
        }

        return (tokenizer, memory.ToArray());

        void Token(Utf8JsonWriter json, string name, int? id)
        {
            if (id is { } known && (uint)known < (uint)vocabulary.Tokens.Count)
            {
                json.WriteString(name, vocabulary.Tokens[known]);
            }
        }
    }
}
