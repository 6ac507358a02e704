using System.CommandLine;
using System.Globalization;
using System.Text;
using Razum.Inference;
using Razum.Text;

namespace Razum.Cli.Verbs;

/// <summary><c>razum tokenize MODEL [TEXT]</c>: the tokens of a text, or the text of tokens. Only the tokenizer of the model is read.</summary>
internal sealed class Tokenize : Verb
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder of a model, the name of one under models, owner/name of one that was pulled, or a .gguf file." };

    private readonly Argument<string?> _text = new("TEXT")
    {
        Description = "The text, every character of it; without it, or as -, standard input is read.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file") { Description = "Read the text from a file.", HelpName = "FILE" };
    private readonly Option<bool> _ids = new("--ids") { Description = "Print nothing but the ids, in one line." };
    private readonly Option<bool> _decode = new("--decode") { Description = "The other way: TEXT is ids, with blanks or commas between." };

    private readonly Option<bool> _noSpecial = new("--no-special")
    {
        Description = "What looks like a control token stays text; without this it becomes the token. With --decode: leave control tokens out of the text.",
    };

    private readonly Option<bool> _chat = new("--chat") { Description = "Write the text as a user's message in the model's chat format first." };
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as one JSON object." };

    public Tokenize(Terminal terminal, Option<int> threads)
        : base("tokenize", "Show the tokens of a text. Begin and end tokens are added where the tokenizer adds them itself.", terminal, threads)
    {
        Add(_model);
        Add(_text);
        Add(_file);
        Add(_ids);
        Add(_decode);
        Add(_noSpecial);
        Add(_chat);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum tokenize models/nano \"What is 12 * 12?\"",
        "razum tokenize nano.gguf --file prompt.txt --ids",
        "razum tokenize models/nano --chat --json \"What is 12 * 12?\"",
        "razum tokenize models/nano --decode \"97 114 107 126\"",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        Tokenizer tokenizer = ModelBundle.LoadTokenizer(ModelFolder.Find(arguments.GetValue(_model)!));
        string text = ReadText(arguments);
        bool special = !arguments.GetValue(_noSpecial);
        if (arguments.GetValue(_decode))
        {
            Decode(tokenizer, text, special, arguments);
            return Task.FromResult(CommandLine.Done);
        }

        if (arguments.GetValue(_chat) && !special)
        {
            throw new ArgumentException("--chat writes control tokens: --no-special does not go with it");
        }

        int[] ids = arguments.GetValue(_chat)
            ? tokenizer.Encode(ChatTemplate.For(tokenizer).Render([new ChatMessage("user", text)], new ChatOptions()))
            : tokenizer.Encode(text, addBos: true, parseSpecial: special);
        if (arguments.GetValue(_json))
        {
            Write(tokenizer, ids);
        }
        else if (arguments.GetValue(_ids))
        {
            Terminal.Out.WriteLine(string.Join(' ', ids));
        }
        else
        {
            foreach (int id in ids)
            {
                Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,8}  {TokenText.Quote(tokenizer.BytesOf(id))}{(tokenizer.IsSpecial(id) ? "  control" : "")}"));
            }

            Terminal.Out.WriteLine($"{ids.Length} tokens");
        }

        return Task.FromResult(CommandLine.Done);
    }

    private void Decode(Tokenizer tokenizer, string text, bool special, ParseResult arguments)
    {
        if (arguments.GetValue(_chat) || arguments.GetValue(_ids))
        {
            throw new ArgumentException("--decode makes text of ids: --chat and --ids do not go with it");
        }

        string decoded = tokenizer.Decode(Ids(text, tokenizer.VocabSize), skipSpecial: !special);
        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, json =>
            {
                json.WriteStartObject();
                json.WriteString("text", decoded);
                json.WriteEndObject();
            });
            return;
        }

        Terminal.Out.WriteLine(decoded);
    }

    private static int[] Ids(string text, int vocabulary) => [.. text.Split([' ', ',', ';', '\t', '\r', '\n', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(part =>
        !int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id) ? throw new ArgumentException($"{part} is no token id")
        : (uint)id < (uint)vocabulary ? id
        : throw new ArgumentException($"id {id} is outside the vocabulary of {vocabulary} tokens"))];

    private void Write(Tokenizer tokenizer, int[] ids) => Json.Write(Terminal.Out, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("count", ids.Length);
        json.WriteStartArray("tokens");
        foreach (int id in ids)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("token", tokenizer.IdToToken(id));
            json.WriteString("text", Encoding.UTF8.GetString(tokenizer.BytesOf(id)));
            json.WriteBoolean("control", tokenizer.IsSpecial(id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private string ReadText(ParseResult arguments)
    {
        (string? text, string? file) = (arguments.GetValue(_text), arguments.GetValue(_file));
        if (file is not null)
        {
            return text is null ? ReadFile(file) : throw new ArgumentException("give a text or --file, not both");
        }

        return text is not null && text != "-" ? text
            : Terminal.InputIsPiped ? Terminal.In.ReadToEnd()
            : throw new ArgumentException("no text: give one, name a --file, or pipe it in");
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"{path}: is not UTF-8 text");
        }
    }
}
