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

    /// <summary>The Jinja text of the chat template (of several: the one named default).</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Reads the files of a folder.</summary>
    /// <exception cref="InvalidDataException">A field of a wrong type.</exception>
    internal static TokenizerConfig Load(string folder)
    {
        string file = Path.Combine(folder, "tokenizer_config.json"), template = Path.Combine(folder, "chat_template.jinja");
        TokenizerConfig config = File.Exists(file) ? JsonFields.Read(file, Read) : new TokenizerConfig();
        return File.Exists(template) ? config with { ChatTemplate = File.ReadAllText(template) } : config;
    }

    private static TokenizerConfig Read(JsonFields root) => root.Flag("add_eos_token", otherwise: false)
        ? throw root.Fault("add_eos_token", "true is not supported")
        : new TokenizerConfig
        {
            BosToken = Name(root, "bos_token"),
            EosToken = Name(root, "eos_token"),
            PadToken = Name(root, "pad_token"),
            AddBosToken = root.Find("add_bos_token") is null ? null : root.Flag("add_bos_token", otherwise: false),
            ChatTemplate = Template(root),
        };

    // A string, or an object with "content".
    private static string? Name(JsonFields root, string name) =>
        root.Find(name)?.ValueKind == JsonValueKind.Object ? root.RequiredObject(name).RequiredText("content") : root.Text(name);

    // A string, or a list of {name, template}.
    private static string? Template(JsonFields root)
    {
        if (root.Find("chat_template")?.ValueKind != JsonValueKind.Array)
        {
            return root.Text("chat_template");
        }

        foreach (JsonFields item in root.Objects("chat_template"))
        {
            if (item.RequiredText("name") == "default")
            {
                return item.RequiredText("template");
            }
        }

        return null;
    }
}
