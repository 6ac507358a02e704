using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text.Gguf;

namespace Razum.Inference;

/// <summary>The vocabulary of a GGUF file, from its metadata and back.</summary>
public static class GgufVocabularies
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>Whether a file has a vocabulary at all.</summary>
    public static bool Has(GgufModel model) => model.Metadata.ContainsKey(Prefix + "model");

    /// <exception cref="InvalidDataException">A key is missing or of another type; one line with file, key and fault.</exception>
    public static GgufVocabulary Read(GgufModel model)
    {
        var fields = new GgufFields(model.Path, model.Metadata, Prefix);
        return new GgufVocabulary
        {
            Model = fields.Text("model"),
            Pre = fields.Text("pre", "default"),
            Tokens = fields.List<string>("tokens") is { Count: > 0 } tokens ? tokens : throw fields.Missing("tokens"),
            Types = fields.List<int>("token_type"),
            Scores = fields.List<float>("scores"),
            Merges = fields.List<string>("merges"),
            BosTokenId = Id("bos_token_id"),
            EosTokenId = Id("eos_token_id"),
            EotTokenId = Id("eot_token_id"),
            UnknownTokenId = Id("unknown_token_id"),
            PaddingTokenId = Id("padding_token_id"),
            AddBosToken = Flag("add_bos_token"),
            AddEosToken = Flag("add_eos_token"),
            AddSpacePrefix = Flag("add_space_prefix"),
            ChatTemplate = new GgufFields(model.Path, model.Metadata, "tokenizer.").Text("chat_template", "") is { Length: > 0 } template ? template : null,
        };

        int? Id(string name) => fields.Has(name) ? fields.Count(name) : null;

        bool? Flag(string name) => fields.Has(name) ? fields.Flag(name, false) : null;
    }

    /// <summary>Adds the keys of a vocabulary to a file.</summary>
    public static void Write(GgufWriter writer, GgufVocabulary vocabulary)
    {
        writer.Set(Prefix + "model", vocabulary.Model);
        writer.Set(Prefix + "pre", vocabulary.Pre);
        writer.Set(Prefix + "tokens", vocabulary.Tokens.ToArray());
        Add("token_type", vocabulary.Types);
        Add("scores", vocabulary.Scores);
        if (vocabulary.Merges.Count > 0 || vocabulary.Model == GgufVocabulary.ByteLevel)
        {
            writer.Set(Prefix + "merges", vocabulary.Merges.ToArray()); // an empty list, too: without one llama.cpp refuses the file
        }

        Set("bos_token_id", (uint?)vocabulary.BosTokenId);
        Set("eos_token_id", (uint?)vocabulary.EosTokenId);
        Set("eot_token_id", (uint?)vocabulary.EotTokenId);
        Set("unknown_token_id", (uint?)vocabulary.UnknownTokenId);
        Set("padding_token_id", (uint?)vocabulary.PaddingTokenId);
        Set("add_bos_token", vocabulary.AddBosToken);
        Set("add_eos_token", vocabulary.AddEosToken);
        Set("add_space_prefix", vocabulary.AddSpacePrefix);
        if (vocabulary.ChatTemplate is { } template)
        {
            writer.Set("tokenizer.chat_template", template);
        }

        void Add<T>(string name, IReadOnlyList<T> list)
        {
            if (list.Count > 0)
            {
                writer.Set(Prefix + name, list.ToArray());
            }
        }

        void Set<T>(string name, T? value)
            where T : struct
        {
            if (value is { } known)
            {
                writer.Set(Prefix + name, known);
            }
        }
    }
}
