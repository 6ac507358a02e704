namespace Razum.Text.Gguf;

/// <summary>The SentencePiece vocabulary of a GGUF file (<c>tokenizer.ggml.model</c> = llama).</summary>
internal static class GgufSentencePieces
{
    /// <exception cref="InvalidDataException">The vocabulary is damaged.</exception>
    public static TokenizerDefinition Read(GgufVocabulary vocabulary, string file) => Of(vocabulary, file).Build();

    /// <summary>Its pieces, each of a known kind and with a score.</summary>
    /// <exception cref="InvalidDataException">The vocabulary is damaged.</exception>
    public static SentencePieces Of(GgufVocabulary vocabulary, string file)
    {
        int count = vocabulary.Tokens.Count;
        if (vocabulary.Scores.Count != count || (vocabulary.Types.Count != count && vocabulary.Types.Count != 0))
        {
            throw new InvalidDataException($"{file}: tokenizer.ggml: {vocabulary.Scores.Count} scores and {vocabulary.Types.Count} types for {count} tokens");
        }

        var pieces = new List<(string, float, PieceKind)>(count);
        for (int id = 0; id < count; id++)
        {
            var kind = (PieceKind)(vocabulary.Types.Count == 0 ? 1 : vocabulary.Types[id]);
            pieces.Add(Enum.IsDefined(kind) && !float.IsNaN(vocabulary.Scores[id]) ? (vocabulary.Tokens[id], vocabulary.Scores[id], kind)
                : throw new InvalidDataException($"{file}: tokenizer.ggml.token_type: token {id} is of no known type or has no score"));
        }

        return new SentencePieces { File = file, Pieces = pieces, AddsPrefix = vocabulary.AddSpacePrefix ?? true };
    }
}
