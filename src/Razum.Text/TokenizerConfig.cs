using System.Text.Json;

namespace Razum.Text;

/// <summary>
/// What <c>tokenizer_config.json</c> (and <c>chat_template.jinja</c>) beside a tokenizer say: the names of its control tokens, whether a prompt begins with
/// bos, the chat template's text. Everything is absent when there is no such file.
/// </summary>
public sealed record TokenizerConfig
{
    /// <summary>The name of the begin-of-text token.</summary>
    public string? BosToken { get; init; }

    /// <summary>The name of the token that ends a turn.</summary>
    public string? EosToken { get; init; }

    /// <summary>The name of the padding token.</summary>
    public string? PadToken { get; init; }

    /// <summary>Does an encoded prompt begin with bos? Null: the file does not say.</summary>
    public bool? AddBosToken { get; init; }

    /// <summary>The name of the token for what the vocabulary cannot write.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Does an encoded text end with eos? Null: the file does not say.</summary>
    public bool? AddEosToken { get; init; }

    /// <summary>SentencePiece models: a blank is put before every stretch of text between control tokens, not only before the first.</summary>
    public bool IsLegacy { get; init; } = true;

    /// <summary>The Jinja texts of the chat templates by name; the usual one is named default.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>The Jinja text of the default chat template.</summary>
    public string? ChatTemplate
    {
        get => ChatTemplates.GetValueOrDefault("default");
        init => ChatTemplates = value is null ? ChatTemplates : new Dictionary<string, string>(ChatTemplates) { ["default"] = value };
    }

    /// <summary>Where it was read from; empty for a file that holds its tokenizer itself.</summary>
    internal string Folder { get; init; } = "";

    /// <summary>Tokens beside the vocabulary (<c>added_tokens_decoder</c>), for files that hold none.</summary>
    internal IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>Reads the files of a folder.</summary>
    /// <exception cref="InvalidDataException">A field of a wrong type.</exception>
    internal static TokenizerConfig Load(string folder)
    {
        string file = Path.Combine(folder, "tokenizer_config.json"), template = Path.Combine(folder, "chat_template.jinja");
        TokenizerConfig config = File.Exists(file) ? JsonFields.Read(file, Read) : new TokenizerConfig();
        config = config with { Folder = folder };
        return File.Exists(template) ? config with { ChatTemplate = File.ReadAllText(template) } : config;
    }

    private static TokenizerConfig Read(JsonFields root) => new()
    {
        BosToken = Name(root, "bos_token"),
        EosToken = Name(root, "eos_token"),
        PadToken = Name(root, "pad_token"),
        UnknownToken = Name(root, "unk_token"),
        AddBosToken = root.Find("add_bos_token") is null ? null : root.Flag("add_bos_token", otherwise: false),
        AddEosToken = root.Find("add_eos_token") is null ? null : root.Flag("add_eos_token", otherwise: false),
        IsLegacy = root.Flag("legacy", otherwise: true),
        AddedTokens = [.. Added(root)],
        ChatTemplates = Templates(root),
    };

    // added_tokens_decoder: {"id": {content, flags}}
    private static IEnumerable<AddedToken> Added(JsonFields root)
    {
        if (root.Object("added_tokens_decoder") is not JsonFields decoder)
        {
            yield break;
        }

        foreach (string name in decoder.Names())
        {
            yield return int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int id) && id < JsonFields.MaxTokens
                ? AddedToken.Read(decoder.RequiredObject(name), id)
                : throw decoder.Fault(name, "is not a token id");
        }
    }

    // A string, or an object with "content".
    private static string? Name(JsonFields root, string name) =>
        root.Find(name)?.ValueKind == JsonValueKind.Object ? root.RequiredObject(name).RequiredText("content") : root.Text(name);

    // A string, or a list of {name, template}.
    private static Dictionary<string, string> Templates(JsonFields root)
    {
        var templates = new Dictionary<string, string>();
        if (root.Find("chat_template")?.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonFields item in root.Objects("chat_template"))
            {
                templates[item.RequiredText("name")] = item.RequiredText("template");
            }
        }
        else if (root.Text("chat_template") is string single)
        {
            templates["default"] = single;
        }

        return templates;
    }
}
