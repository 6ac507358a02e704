using System.Globalization;
using System.Text.Json;

namespace Razum.Text.Gguf;

/// <summary>
/// Kinds and scores of SentencePiece for a <c>tokenizer.json</c> of that form (<see cref="GgufSentencePieceJson"/> writes it, published ones look the same): the
/// k-th piece that a merge makes has the score -k, and characters that no merge makes come after all of them.
/// </summary>
internal static class SentencePieceScores
{
    private const string Mark = "\u2581";

    /// <summary>Whether the file is of that form: byte fallback, no pre-tokenizer, blanks become marks.</summary>
    public static bool Has(JsonFields root) =>
        root.Object("model") is { } model && model.Flag("byte_fallback", otherwise: false) && root.Object("pre_tokenizer") is null
        && Normalizers(root) is [.., ("Replace", " ", Mark)] steps && steps.SkipLast(1).All(s => s == ("Prepend", "", Mark)) && steps.Count <= 2;

    /// <summary>The vocabulary, without what is the same for every kind of tokenizer.</summary>
    /// <param name="root">The file.</param>
    /// <param name="tokens">Text of every token, by id.</param>
    /// <param name="types">Kind of every token; those of bytes and of the unknown token are put in.</param>
    /// <exception cref="InvalidDataException">The merges are in an order that no scores have.</exception>
    public static GgufVocabulary Read(JsonFields root, string[] tokens, int[] types)
    {
        JsonFields model = root.RequiredObject("model");
        Dictionary<string, int> ids = [];
        for (int id = 0; id < tokens.Length; id++)
        {
            ids.TryAdd(tokens[id], id);
            types[id] = IsByte(tokens[id]) ? (int)PieceKind.Byte : types[id];
        }

        int? unknown = model.Text("unk_token") is { } name && ids.TryGetValue(name, out int known) ? known : null;
        if (unknown is { } piece)
        {
            types[piece] = (int)PieceKind.Unknown;
        }

        return new GgufVocabulary
        {
            Model = "llama",
            Tokens = tokens,
            Types = types,
            Scores = Scores(model, ids, types),
            UnknownTokenId = unknown,
            AddSpacePrefix = Normalizers(root).Count == 2,
        };
    }

    private static float[] Scores(JsonFields model, Dictionary<string, int> ids, int[] types)
    {
        float[] scores = new float[types.Length];
        bool[] isMade = new bool[types.Length];
        (int count, int last) = (0, -1);
        foreach (JsonElement merge in model.Find("merges") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [])
        {
            string made = merge.ValueKind == JsonValueKind.Array
                ? string.Concat(merge.EnumerateArray().Select(p => p.GetString()))
                : (merge.GetString() ?? "").Replace(" ", "", StringComparison.Ordinal);
            int id = ids[made];
            if (id != last && isMade[id])
            {
                throw model.Fault("merges", $"{JsonEncodedText.Encode(made)} is made in two places: SentencePiece has one score for it");
            }

            scores[id] = id == last ? scores[id] : -count++;
            (isMade[id], last) = (true, id);
        }

        for (int id = 0; id < types.Length; id++)
        {
            scores[id] = types[id] == (int)PieceKind.Normal && !isMade[id] ? -count++ : scores[id];
        }

        return scores;
    }

    private static bool IsByte(string token) => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    /// <summary>Type, what is replaced, and by what, of every step.</summary>
    private static List<(string Type, string Old, string New)> Normalizers(JsonFields root)
    {
        if (root.Object("normalizer") is not { } normalizer)
        {
            return [];
        }

        IEnumerable<JsonFields> steps = normalizer.Text("type") == "Sequence" ? normalizer.Objects("normalizers") : [normalizer];
        return [.. steps.Select(s => (s.Text("type") ?? "", s.Object("pattern")?.Text("String") ?? "", s.Text("prepend") ?? s.Text("content") ?? ""))];
    }
}
