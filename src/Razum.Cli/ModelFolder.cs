using Razum.Inference.Hub;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Cli;

/// <summary>
/// Finds the folder of a model, or its GGUF file. A path is taken as it is; a bare name such as <c>nano</c> is also looked for as <c>models/NAME</c>
/// beside the executable (where the installed tool carries its model), in the current folder and in the folders above both. A name such as
/// <c>owner/name</c> or <c>owner/name:Q4_K_M</c> is looked for in the Hugging Face cache; nothing is ever downloaded here.
/// </summary>
internal static class ModelFolder
{
    /// <summary>The model that Razum ships.</summary>
    public const string Default = "nano";

    /// <param name="name">A path or name as given by the user.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or file.</exception>
    public static string Find(string name)
    {
        if (Directory.Exists(name))
        {
            return Path.GetFullPath(name);
        }

        if (GgufModel.IsGguf(name))
        {
            return Path.GetFullPath(name);
        }

        if (File.Exists(name))
        {
            throw new DirectoryNotFoundException(
                $"{name} is a file; a model is a folder with config.json, model.safetensors (or pytorch_model.bin) and tokenizer.json, or a file that ends in .gguf");
        }

        if (HubName.Parse(name) is { } published)
        {
            string cache = HubSettings.FromEnvironment().CacheFolder;
            return new HubCache(cache).Find(published) ?? throw new DirectoryNotFoundException(
                $"no model folder {name}, and no model of that name in {cache}; razum pull {name} downloads it");
        }

        string? found = IsBareName(name) ? Around(AppContext.BaseDirectory, name) ?? Around(Directory.GetCurrentDirectory(), name) : null;
        return found ?? throw new DirectoryNotFoundException(
            IsBareName(name)
                ? $"no model {name}: neither a folder of that name nor models/{name} here, in a folder above or beside razum"
                : $"no model folder {name}");
    }

    private static bool IsBareName(string name) => name.Length > 0 && name != "." && name != ".." && Path.GetFileName(name) == name;

    private static string? Around(string folder, string name)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "models", name);
            if (File.Exists(Path.Combine(candidate, "config.json")))
            {
                return candidate;
            }
        }

        return null;
    }
}
