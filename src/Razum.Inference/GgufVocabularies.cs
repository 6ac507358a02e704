using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text.Gguf;

namespace Razum.Inference;

/// <summary>The vocabulary of a GGUF file, from its metadata.</summary>
public static class GgufVocabularies
{
    /// <exception cref="InvalidDataException">A key is missing or of another type; one line with file, key and fault.</exception>
    public static GgufVocabulary Read(GgufModel model)
    {
        var fields = new GgufFields(model.Path, model.Metadata, "tokenizer.ggml.");
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
}
