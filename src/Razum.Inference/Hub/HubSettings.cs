namespace Razum.Inference.Hub;

/// <summary>Where models come from and go to. The environment variables are those of Hugging Face's own tools, so that all share one cache and one account.</summary>
public sealed record HubSettings
{
    /// <summary>The server.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>The folder of all models.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Says who asks; null for nobody. Sent to <see cref="Endpoint"/> only.</summary>
    public string? Token { get; init; }

    /// <summary>Whether only the cache is used.</summary>
    public bool Offline { get; init; }

    /// <summary>Whether files of a snapshot may be links to the blobs.</summary>
    public bool Links { get; init; } = true;

    /// <summary>Bytes that are asked for at once.</summary>
    public int PieceBytes { get; init; } = 8 << 20;

    /// <summary>A connection that is silent for so long is given up.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How to wait before another attempt.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <summary>What the environment says: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, HF_HUB_DISABLE_SYMLINKS.</summary>
    /// <exception cref="InvalidDataException">HF_ENDPOINT is no address.</exception>
    public static HubSettings FromEnvironment()
    {
        string home = Value("HF_HOME") ?? Path.Combine(
            Value("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");
        string tokenFile = Value("HF_TOKEN_PATH") ?? Path.Combine(home, "token");
        string endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        return new HubSettings
        {
            Endpoint = Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http"
                ? uri
                : throw new InvalidDataException($"HF_ENDPOINT: {endpoint} is no address"),
            CacheFolder = Value("HF_HUB_CACHE") ?? Path.Combine(home, "hub"),
            Token = (Value("HF_TOKEN") ?? (File.Exists(tokenFile) ? File.ReadAllText(tokenFile).Trim() : "")) is { Length: > 0 } token ? token : null,
            Offline = IsSet("HF_HUB_OFFLINE"),
            Links = !IsSet("HF_HUB_DISABLE_SYMLINKS"),
        };
    }

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private static bool IsSet(string name) => Value(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
}
