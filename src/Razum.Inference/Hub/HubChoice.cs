using System.Globalization;
using System.Text.RegularExpressions;
using Razum.Tensors.Checkpoints;

namespace Razum.Inference.Hub;

/// <summary>
/// Which files of a repository make up a model: configuration, tokenizer and weights at its top (safetensors, else PyTorch's), or one GGUF model, whole if it is split.
/// Works on names alone, of a server's list as well as of a folder.
/// </summary>
internal static partial class HubChoice
{
    private static readonly string[] s_small =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
        "tokenizer.model", "tiktoken.model", "chat_template.jinja", "chat_template.json",
    ];

    /// <summary>The files of the model that <paramref name="name"/> means.</summary>
    /// <exception cref="InvalidDataException">There is none, or more than one.</exception>
    public static List<string> Files(HubName name, IReadOnlyCollection<string> paths)
    {
        if (Gguf(name, paths) is { } gguf)
        {
            return [.. paths.Where(p => Stem(p) == Stem(gguf)).Order(StringComparer.Ordinal)];
        }

        return Weights(paths) is { } weights
            ? [.. s_small.Where(paths.Contains), .. weights]
            : throw new InvalidDataException($"{name}: neither model.safetensors, pytorch_model.bin nor a .gguf file is in it");
    }

    /// <summary>The first file of the GGUF model that <paramref name="name"/> means; null if it means a folder.</summary>
    /// <exception cref="InvalidDataException">No file fits, or more than one.</exception>
    public static string? Gguf(HubName name, IReadOnlyCollection<string> paths)
    {
        if (name.Choice is null && Weights(paths) is not null)
        {
            return null;
        }

        string[] files = [.. paths.Where(p => p.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        if (files.Length == 0 && name.Choice is null)
        {
            return null;
        }

        string[] stems = [.. files.Where(p => Fits(p, name.Choice)).Select(Stem).Distinct()];
        string known = OneLine.Quote(string.Join(", ", files.Select(Stem).Distinct()));
        return stems.Length switch
        {
            1 => files.First(p => Stem(p) == stems[0]),
            0 => throw new InvalidDataException($"{name}: no such .gguf file; there are: {known}"),
            _ => throw new InvalidDataException($"{name} means more than one .gguf file; say which, as in {name.Id}:{Path.GetFileName(stems[0])}.gguf: {known}"),
        };
    }

    /// <summary>How many files of a split model are missing among <paramref name="files"/>.</summary>
    public static int Missing(IReadOnlyCollection<string> files)
    {
        Match? part = files.Select(p => Part().Match(p)).FirstOrDefault(m => m.Success);
        return part is null ? 0 : int.Parse(part.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) - files.Count(p => Part().IsMatch(p));
    }

    /// <summary>The weights of a folder, safetensors before PyTorch's; null if it has neither.</summary>
    public static List<string>? Weights(IReadOnlyCollection<string> paths) => Weights(paths, "model", ".safetensors") ?? Weights(paths, "pytorch_model", ".bin");

    /// <summary>The one file of weights, or the index and all shards; null if there are none.</summary>
    private static List<string>? Weights(IReadOnlyCollection<string> paths, string stem, string extension)
    {
        string single = stem + extension, index = single + ".index.json";
        return paths.Contains(single) ? [single]
            : paths.Contains(index) ? [index, .. paths.Where(IsShard).Order(StringComparer.Ordinal)]
            : null;

        bool IsShard(string path) => path.StartsWith(stem + "-", StringComparison.Ordinal) && path.EndsWith(extension, StringComparison.Ordinal) && Part().IsMatch(path);
    }

    /// <summary>A choice is a path, the name of a file, or the end of its name (or of its folder's) behind a mark: X-Q4_K_M.gguf is chosen by Q4_K_M.</summary>
    private static bool Fits(string path, string? choice)
    {
        string stem = Path.GetFileName(Stem(path));
        if (choice is null)
        {
            return !stem.StartsWith("mmproj", StringComparison.OrdinalIgnoreCase) && !stem.Contains("imatrix", StringComparison.OrdinalIgnoreCase);
        }

        return choice.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? path == choice || Path.GetFileName(path) == choice || Stem(path) + ".gguf" == choice || stem + ".gguf" == choice
            : !stem.StartsWith("mmproj", StringComparison.OrdinalIgnoreCase) && (Ends(stem, choice) || Ends(Path.GetFileName(Path.GetDirectoryName(path)) ?? "", choice));
    }

    private static bool Ends(string text, string choice) => text.EndsWith(choice, StringComparison.OrdinalIgnoreCase)
        && (text.Length == choice.Length || text[^(choice.Length + 1)] is '-' or '.' or '_');

    /// <summary>The path without its extension and number: equal for all files of a split model.</summary>
    private static string Stem(string path) => Part().Replace(path, "") is var whole && whole.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? whole[..^5] : whole;

    [GeneratedRegex(@"-\d{5,6}-of-(?<count>\d{5,6})(?=\.)")]
    private static partial Regex Part();
}
