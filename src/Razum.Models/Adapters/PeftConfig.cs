using System.Text.Json;
using System.Text.RegularExpressions;
using Razum.Models.Configuration;
using Razum.Tensors.Checkpoints;

namespace Razum.Models.Adapters;

/// <summary>
/// Reads the <c>adapter_config.json</c> of a PEFT folder. What would change the computation and is not supported throws here, naming the field; what only
/// matters in training (dropout, initialisation) is passed over.
/// </summary>
internal sealed class PeftConfig
{
    private const long LongestFile = 1 << 20;

    private readonly int _rank;
    private readonly double _alpha;
    private readonly bool _rankStabilised;
    private readonly List<(Regex Pattern, double Value)> _ranks;
    private readonly List<(Regex Pattern, double Value)> _alphas;

    private PeftConfig(string file, ConfigFields fields)
    {
        _ = fields.Text("peft_type");
        fields.Only("peft_type", "LORA");
        fields.Only("bias", "none");
        foreach (string name in (string[])["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"])
        {
            fields.Only(name, false);
        }

        foreach (string name in (string[])["trainable_token_indices", "layer_replication", "alora_invocation_tokens", "arrow_config", "use_bdlora"])
        {
            fields.Never(name);
        }

        foreach (string name in (string[])["modules_to_save", "target_parameters"])
        {
            if (fields.Has(name) && fields.Texts(name)!.Count > 0)
            {
                throw fields.Unsupported(name, "none");
            }
        }

        _rank = fields.Size("r", 8);
        _alpha = fields.Number("lora_alpha", 8);
        _rankStabilised = fields.Flag("use_rslora", false);
        _ranks = Patterns(file, fields, "rank_pattern");
        _alphas = Patterns(file, fields, "alpha_pattern");
        bool isWhole = !fields.Has("layers_to_transform") && !fields.Has("exclude_modules");
        // A text is a regular expression; only of a list is it plain which layers must be there.
        Targets = isWhole && !fields.IsText("target_modules") ? fields.Texts("target_modules") ?? [] : [];
    }

    /// <summary>Layers that must have an adapter; empty when the config does not name them plainly.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <exception cref="InvalidDataException">The file is missing, damaged or asks for something unsupported; one line.</exception>
    public static PeftConfig Read(string file)
    {
        if (!File.Exists(file) || new FileInfo(file).Length > LongestFile)
        {
            throw new InvalidDataException($"{file}: {(File.Exists(file) ? "too long for a config" : "no such file; an adapter is a folder as PEFT writes it")}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new PeftConfig(file, new ConfigFields(file, "", document.RootElement))
                : throw new InvalidDataException($"{file}: expected an object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new InvalidDataException($"{file}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    /// <summary>r of a layer.</summary>
    public int RankOf(string module) => (int)Find(_ranks, module, _rank);

    /// <summary>Scale of a layer.</summary>
    public float ScaleOf(string module) => LoraSettings.ScaleOf(Find(_alphas, module, _alpha), RankOf(module), _rankStabilised);

    /// <summary>The first pattern that means the module decides: a regular expression for its name, or for the last parts of it.</summary>
    private static double Find(List<(Regex Pattern, double Value)> patterns, string module, double otherwise)
    {
        foreach ((Regex pattern, double value) in patterns)
        {
            if (pattern.IsMatch(module))
            {
                return value;
            }
        }

        return otherwise;
    }

    private static List<(Regex Pattern, double Value)> Patterns(string file, ConfigFields fields, string name)
    {
        List<(Regex, double)> patterns = [];
        if (fields.Object(name) is { } entries)
        {
            foreach (string key in entries.Names)
            {
                try
                {
                    var pattern = new Regex($@"^(.*\.)?({key})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                    patterns.Add((pattern, name == "rank_pattern" ? entries.Size(key) : entries.Number(key)));
                }
                catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
                {
                    throw new InvalidDataException($"{file}: {name}: {JsonEncodedText.Encode(key)} is no pattern that can be read", fault);
                }
            }
        }

        return patterns;
    }
}
