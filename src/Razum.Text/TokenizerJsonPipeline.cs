using System.Text.Json;
using Razum.Text.Normalization;
using Razum.Text.Splitting;

namespace Razum.Text;

/// <summary>The steps of a <c>tokenizer.json</c> around its model: normalizer, pre-tokenizer, post-processor, decoder.</summary>
internal sealed class TokenizerJsonPipeline
{
    private const int LongestShown = 120;

    private readonly List<PieceStep> _steps = [];

    /// <param name="root">The file.</param>
    /// <param name="hasByteTokens">The model falls back to byte tokens.</param>
    /// <exception cref="InvalidDataException">A step is damaged or not supported.</exception>
    public TokenizerJsonPipeline(JsonFields root, bool hasByteTokens)
    {
        Normalizer = new Normalizer([.. Flatten(root.Object("normalizer"), "normalizers").SelectMany(ReadNormalizer)]);
        foreach (JsonFields step in Flatten(root.Object("pre_tokenizer"), "pretokenizers"))
        {
            ReadPreTokenizer(step);
        }

        foreach (JsonFields step in Flatten(root.Object("post_processor"), "processors"))
        {
            ReadPostProcessor(step);
        }

        Spelling = IsByteLevel ? TokenSpelling.Bytes : new TokenSpelling { HasByteTokens = hasByteTokens };
        ReadDecoder(root, hasByteTokens);
    }

    public Normalizer Normalizer { get; }

    public IReadOnlyList<PieceStep> Steps => _steps;

    public TokenSpelling Spelling { get; private set; }

    public bool IsByteLevel { get; private set; }

    public bool WritesByteLetters { get; private set; }

    public IReadOnlyList<int>? Prefix { get; private set; }

    public IReadOnlyList<int> Suffix { get; private set; } = [];

    public bool TrimOffsets { get; private set; }

    public bool KeepFirstBlank { get; private set; }

    private static IEnumerable<NormalizerStep> ReadNormalizer(JsonFields step)
    {
        switch (step.RequiredText("type"))
        {
            case "NFC":
                return [new NormalizerStep(NormalizerKind.Nfc)];
            case "NFD":
                return [new NormalizerStep(NormalizerKind.Nfd)];
            case "Lowercase":
                return [new NormalizerStep(NormalizerKind.Lowercase)];
            case "Prepend":
                return [new NormalizerStep(NormalizerKind.Prepend, step.RequiredText("prepend"))];
            case "Replace":
                return [new NormalizerStep(NormalizerKind.Replace, step.RequiredText("content"), ReadPattern(step, SplitBehavior.Isolated, isInverted: false))];
            case "Strip":
                return [new NormalizerStep(NormalizerKind.Strip, "", null, step.Flag("strip_left", otherwise: true), step.Flag("strip_right", otherwise: true))];
            default:
                throw step.Fault("type", $"normalizer {step.Text("type")} is not supported");
        }
    }

    private void ReadPreTokenizer(JsonFields step)
    {
        if (IsByteLevel && !WritesByteLetters)
        {
            WritesByteLetters = true; // the steps behind ByteLevel see its letters
            _steps.Add(new RewriteStep(' ', ' ', PrefixRule.Never, writesBytes: true));
        }

        switch (step.RequiredText("type"))
        {
            case "Split":
                _steps.Add(ReadPattern(step, ReadBehavior(step, null), step.Flag("invert", otherwise: false)));
                break;
            case "Digits":
                _steps.Add(new SplitStep(step.Flag("individual_digits", otherwise: false) ? @"\p{N}" : @"\p{N}+"));
                break;
            case "Punctuation":
                _steps.Add(new SplitStep(@"[\p{P}$+<=>^`|~]", ReadBehavior(step, "Isolated")));
                break;
            case "Whitespace":
                _steps.Add(new SplitStep(@"\w+|[^\w\s]+", SplitBehavior.Removed, isInverted: true));
                break;
            case "WhitespaceSplit":
                _steps.Add(new SplitStep(@"\s", SplitBehavior.Removed));
                break;
            case "Metaspace":
                ReadMetaspace(step);
                break;
            case "ByteLevel":
                ReadByteLevel(step);
                break;
            case string type:
                throw step.Fault("type", $"pre-tokenizer {type} is not supported");
        }
    }

    private void ReadByteLevel(JsonFields step)
    {
        if (IsByteLevel)
        {
            throw step.Fault("type", "a second ByteLevel is not supported");
        }

        IsByteLevel = true;
        if (step.Flag("add_prefix_space", otherwise: true))
        {
            _steps.Add(new RewriteStep(' ', ' ', PrefixRule.Always, writesBytes: false));
        }

        if (step.Flag("use_regex", otherwise: true))
        {
            _steps.Add(new SplitStep(SplitStep.Gpt2));
        }
    }

    private void ReadMetaspace(JsonFields step)
    {
        char mark = Mark(step);
        PrefixRule rule = step.Text("prepend_scheme") switch
        {
            "first" => PrefixRule.First,
            "never" => PrefixRule.Never,
            "always" => PrefixRule.Always,
            null => step.Flag("add_prefix_space", otherwise: true) ? PrefixRule.Always : PrefixRule.Never,
            string scheme => throw step.Fault("prepend_scheme", $"{scheme} is none of first, never, always"),
        };
        _steps.Add(new RewriteStep(mark, mark, rule, writesBytes: false));
        if (step.Flag("split", otherwise: true))
        {
            _steps.Add(SplitStep.AtText(mark.ToString(), SplitBehavior.MergedWithNext, isInverted: false));
        }
    }

    private static char Mark(JsonFields step)
    {
        string text = step.Text("replacement") ?? "\u2581";
        return text.Length == 1 ? text[0] : throw step.Fault("replacement", "not one character");
    }

    private static SplitBehavior ReadBehavior(JsonFields step, string? otherwise)
    {
        string behavior = step.Text("behavior") ?? otherwise ?? throw step.Fault("behavior", "missing");
        return Enum.TryParse(behavior, out SplitBehavior value) && Enum.IsDefined(value) && !char.IsAsciiDigit(behavior[0]) ? value
            : throw step.Fault("behavior", $"{behavior} is not known");
    }

    private static SplitStep ReadPattern(JsonFields step, SplitBehavior behavior, bool isInverted)
    {
        JsonFields pattern = step.RequiredObject("pattern");
        if (pattern.Text("String") is string text)
        {
            return text.Length > 0 ? SplitStep.AtText(text, behavior, isInverted) : throw pattern.Fault("String", "is empty");
        }

        string regex = pattern.RequiredText("Regex");
        try
        {
            return new SplitStep(regex, behavior, isInverted);
        }
        catch (FormatException e)
        {
            throw pattern.Fault("Regex", $"{e.Message} in the pattern {(regex.Length > LongestShown ? regex[..LongestShown] + "..." : regex)}");
        }
    }

    private void ReadPostProcessor(JsonFields step)
    {
        switch (step.RequiredText("type"))
        {
            case "ByteLevel":
                TrimOffsets = step.Flag("trim_offsets", otherwise: true);
                KeepFirstBlank = step.Flag("add_prefix_space", otherwise: true);
                break;
            case "TemplateProcessing":
                (Prefix, Suffix) = ReadTemplate(step);
                break;
            case string type:
                throw step.Fault("type", $"post-processor {type} is not supported");
        }
    }

    // The tokens before and behind sequence A in the template of a single text.
    private static (List<int> Prefix, List<int> Suffix) ReadTemplate(JsonFields step)
    {
        List<int> prefix = [], suffix = [];
        bool behind = false;
        foreach (JsonFields part in step.Objects("single"))
        {
            if (part.Object("Sequence") is not null)
            {
                behind = true;
                continue;
            }

            string name = part.RequiredObject("SpecialToken").RequiredText("id");
            JsonFields token = step.RequiredObject("special_tokens").RequiredObject(name);
            if (token.Find("ids") is not { ValueKind: JsonValueKind.Array } values)
            {
                throw token.Fault("ids", "missing, or not an array");
            }

            foreach (JsonElement value in values.EnumerateArray())
            {
                (behind ? suffix : prefix).Add(token.TokenId(value, "ids"));
            }
        }

        return (prefix, suffix);
    }

    private void ReadDecoder(JsonFields root, bool hasByteTokens)
    {
        var replacements = new List<(string, string)>();
        bool fallsBack = false;
        foreach (JsonFields step in Flatten(root.Object("decoder"), "decoders"))
        {
            switch (step.RequiredText("type"))
            {
                case "ByteLevel" when IsByteLevel:
                case "Fuse":
                    break;
                case "Replace" when !IsByteLevel:
                    string old = step.RequiredObject("pattern").Text("String") ?? throw step.Fault("pattern", "only String is supported in a decoder");
                    replacements.Add(old.Length > 0 ? (old, step.RequiredText("content")) : throw step.Fault("pattern", "is empty"));
                    break;
                case "ByteFallback" when !IsByteLevel:
                    fallsBack = true;
                    break;
                case "Strip" when !IsByteLevel:
                    Spelling = Strip(step, Spelling);
                    break;
                case "Metaspace" when !IsByteLevel:
                    char mark = Mark(step);
                    replacements.Add((mark.ToString(), " "));
                    bool prepends = step.Text("prepend_scheme") is string scheme ? scheme != "never" : step.Flag("add_prefix_space", otherwise: true);
                    Spelling = Spelling with { DroppedFromFirst = prepends ? ' ' : '\0' };
                    break;
                case string type:
                    throw step.Fault("type", $"decoder {type} is not supported{(IsByteLevel ? " for byte-level BPE" : "")}");
            }
        }

        if (!IsByteLevel)
        {
            // Without the decoder step the byte tokens are read, but written out as they stand.
            Spelling = Spelling with { Replacements = replacements, HasByteTokens = hasByteTokens, WritesBytes = fallsBack };
        }
    }

    private static TokenSpelling Strip(JsonFields step, TokenSpelling spelling)
    {
        string content = step.RequiredText("content");
        int start = Count("start"), stop = Count("stop");
        return content.Length == 1 && stop == 0 ? spelling with { Stripped = content[0], StripStart = start }
            : throw step.Fault("content", "only one character is supported, and only at the start");

        int Count(string name) => step.Find(name) is not JsonElement value ? 0
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0 ? count : throw step.Fault(name, "not a count");
    }

    // A step, or a Sequence of steps, as a flat list.
    private static IEnumerable<JsonFields> Flatten(JsonFields? step, string listName)
    {
        if (step is not JsonFields fields)
        {
            return [];
        }

        return fields.RequiredText("type") == "Sequence" ? fields.Objects(listName).SelectMany(s => Flatten(s, listName)) : [fields];
    }
}
