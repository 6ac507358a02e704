using System.Text.Json;

namespace Razum.Text.Gguf;

/// <summary>
/// A SentencePiece vocabulary of a GGUF file as the text of a <c>tokenizer.json</c>, in the form that Llama 2 and Mistral are published in: BPE over characters
/// with byte fallback, a <c>▁</c> put before a text and in place of blanks.
/// A merge of tokenizer.json has a rank of its own, while SentencePiece takes the leftmost of all pairs that make one piece: the same ids, unless two pairs of one
/// piece overlap. Of those the one with the longer left part comes first, as in published files.
/// </summary>
internal static class GgufSentencePieceJson
{
    private const string Mark = "\u2581";

    /// <exception cref="InvalidDataException">The vocabulary is damaged.</exception>
    public static byte[] Write(GgufVocabulary vocabulary, string file)
    {
        SentencePieces pieces = GgufSentencePieces.Of(vocabulary, file);
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            WriteAddedTokens(json, pieces);
            WriteNormalizer(json, pieces.AddsPrefix);
            WriteTemplate(json, vocabulary);
            WriteDecoder(json, pieces.AddsPrefix);
            WriteModel(json, pieces);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, SentencePieces pieces)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < pieces.Pieces.Count; id++)
        {
            (string text, _, PieceKind kind) = pieces.Pieces[id];
            if (kind is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined && text.Length > 0)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", text);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", false);
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", kind != PieceKind.UserDefined);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static void WriteNormalizer(Utf8JsonWriter json, bool addsPrefix)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (addsPrefix)
        {
            Step(json, "Prepend", () => json.WriteString("prepend", Mark));
        }

        Step(json, "Replace", () => Replace(json, " ", Mark));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTemplate(Utf8JsonWriter json, GgufVocabulary vocabulary)
    {
        if (!vocabulary.AddsBos)
        {
            return;
        }

        string bos = vocabulary.Tokens[vocabulary.BosTokenId!.Value];
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        Part(json, "SpecialToken", bos, 0);
        Part(json, "Sequence", "A", 0);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        Part(json, "SpecialToken", bos, 0);
        Part(json, "Sequence", "A", 0);
        Part(json, "SpecialToken", bos, 1);
        Part(json, "Sequence", "B", 1);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(bos);
        json.WriteString("id", bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(vocabulary.BosTokenId.Value);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDecoder(Utf8JsonWriter json, bool addsPrefix)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        Step(json, "Replace", () => Replace(json, Mark, " "));
        Step(json, "ByteFallback");
        Step(json, "Fuse");
        if (addsPrefix)
        {
            Step(json, "Strip", () =>
            {
                json.WriteString("content", " ");
                json.WriteNumber("start", 1);
                json.WriteNumber("stop", 0);
            });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, SentencePieces pieces)
    {
        Dictionary<string, int> ids = pieces.Ids();
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        if (pieces.Pieces.FirstOrDefault(p => p.Kind == PieceKind.Unknown).Text is { } unknown)
        {
            json.WriteString("unk_token", unknown);
        }

        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", pieces.Pieces.Any(p => p.Kind == PieceKind.Byte));
        json.WriteStartObject("vocab");
        for (int id = 0; id < pieces.Pieces.Count; id++)
        {
            json.WriteNumber(pieces.Pieces[id].Text, id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right, _, _) in pieces.Merges(ids).OrderBy(m => m.Rank).ThenBy(m => m.Merged).ThenByDescending(m => pieces.Pieces[m.Left].Text.Length))
        {
            (string first, string second) = (pieces.Pieces[left].Text, pieces.Pieces[right].Text);
            if (!first.Contains(' ', StringComparison.Ordinal) && !second.Contains(' ', StringComparison.Ordinal)) // a normalised text has no blanks
            {
                json.WriteStringValue($"{first} {second}");
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Step(Utf8JsonWriter json, string type, Action? fields = null)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        fields?.Invoke();
        json.WriteEndObject();
    }

    private static void Replace(Utf8JsonWriter json, string old, string by)
    {
        json.WriteStartObject("pattern");
        json.WriteString("String", old);
        json.WriteEndObject();
        json.WriteString("content", by);
    }

    private static void Part(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
