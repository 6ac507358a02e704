using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Razum.Tensors.Checkpoints;

namespace Razum.Inference.Hub;

/// <summary>
/// Requests to the Hub. Redirects are followed by hand: the token goes to the Hub alone, never to the servers that keep the files. Busy servers and broken
/// connections are tried again, later and later, as long as the server asks to wait.
/// </summary>
internal sealed partial class HubClient : IDisposable
{
    private const int MostAttempts = 6;
    private const int MostRedirects = 10;
    private const int MostPages = 1000;
    private const int LongestJson = 64 << 20;

    private readonly HubSettings _settings;
    private readonly HttpClient _http;

    public HubClient(HubSettings settings)
    {
        _settings = settings;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !settings.Endpoint.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("razum");
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The commit that a revision is now.</summary>
    public async Task<string> Commit(HubName name, string revision, CancellationToken cancellation)
    {
        Uri uri = Address($"api/models/{name.Id}/revision/{Uri.EscapeDataString(revision)}");
        (JsonDocument json, _) = await Json(name, uri, cancellation).ConfigureAwait(false);
        using (json)
        {
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("sha", out JsonElement sha)
                && sha.ValueKind == JsonValueKind.String && sha.GetString() is { } commit && HubCache.CommitHash().IsMatch(commit)
                ? commit
                : throw new InvalidDataException($"{uri}: sha: expected a commit");
        }
    }

    /// <summary>All files of a commit.</summary>
    public async Task<List<HubFile>> List(HubName name, string commit, CancellationToken cancellation)
    {
        List<HubFile> files = [];
        Uri? next = Address($"api/models/{name.Id}/tree/{commit}?recursive=true");
        for (int page = 0; next is not null; page++)
        {
            Uri uri = page < MostPages && IsHub(next) ? next : throw new InvalidDataException($"{next}: a list of files does not go on there");
            (JsonDocument json, next) = await Json(name, uri, cancellation).ConfigureAwait(false);
            using (json)
            {
                if (json.RootElement.ValueKind != JsonValueKind.Array)
                {
                    throw new InvalidDataException($"{uri}: expected a list of files");
                }

                files.AddRange(json.RootElement.EnumerateArray().Select(item => File(uri, item)).OfType<HubFile>());
            }
        }

        return files;
    }

    /// <summary>Where a file of a commit is.</summary>
    public Uri FileAddress(HubName name, string commit, string path) =>
        Address($"{name.Id}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>Tries again what is interrupted, until it works or gets nowhere several times in a row.</summary>
    /// <param name="attempt">What to do.</param>
    /// <param name="progress">Grows when an attempt got further; a task that does so is never given up.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<T> Patiently<T>(Func<Task<T>> attempt, Func<long> progress, CancellationToken cancellation)
    {
        for (int failures = 0; ;)
        {
            long before = progress();
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubInterruption fault)
            {
                failures = progress() > before ? 1 : failures + 1;
                if (failures == MostAttempts)
                {
                    throw new IOException($"{fault.Message} (tried {MostAttempts} times)", fault);
                }

                TimeSpan wait = fault.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(1 << (failures - 1), 30));
                await _settings.Wait(wait, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Asks for a file and follows redirects. The reply has a status of success, its headers are read, its content is not; its request says where it came from.
    /// </summary>
    /// <exception cref="HubInterruption">Another attempt may succeed.</exception>
    /// <exception cref="HubRefusal">It will not.</exception>
    public async Task<HttpResponseMessage> Get(HubName name, Uri uri, RangeHeaderValue? range, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = await Send(uri, range, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location)
                {
                    Uri next = new(uri, location);
                    if (redirects == MostRedirects || next.Scheme is not ("https" or "http") || (uri.Scheme == "https" && next.Scheme == "http"))
                    {
                        throw new InvalidDataException($"{uri.GetLeftPart(UriPartial.Path)}: a redirect that is not followed");
                    }

                    uri = next;
                    continue;
                }

                throw Fault(name, uri, response);
            }
        }
    }

    /// <summary>Reads what has come of a reply; 0 at its end.</summary>
    /// <exception cref="HubInterruption">The connection broke or fell silent.</exception>
    public async Task<int> Read(Stream body, Memory<byte> target, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_settings.Silence);
        try
        {
            return await body.ReadAsync(target, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new HubInterruption($"{_settings.Endpoint.Host}: the connection broke off: {OneLine.Quote(e.Message)}", null, e);
        }
    }

    private async Task<HttpResponseMessage> Send(Uri uri, RangeHeaderValue? range, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Range = range;
        if (_settings.Token is { } token && IsHub(uri))
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_settings.Silence);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new HubInterruption($"{uri.Host} cannot be reached: {OneLine.Quote(e.Message)}", null, e);
        }
    }

    private async Task<(JsonDocument Json, Uri? Next)> Json(HubName name, Uri uri, CancellationToken cancellation)
    {
        return await Patiently(
            async () =>
            {
                using HttpResponseMessage response = await Get(name, uri, null, cancellation).ConfigureAwait(false);
                using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                using var text = new MemoryStream();
                byte[] buffer = new byte[64 << 10];
                for (int read = -1; read != 0;)
                {
                    read = await Read(body, buffer, cancellation).ConfigureAwait(false);
                    text.Write(buffer, 0, read);
                    if (text.Length > LongestJson)
                    {
                        throw new InvalidDataException($"{uri}: longer than {LongestJson} bytes");
                    }
                }

                try
                {
                    return (JsonDocument.Parse(text.ToArray()), NextPage(response, uri));
                }
                catch (JsonException fault)
                {
                    throw new InvalidDataException($"{uri}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
                }
            },
            () => 0,
            cancellation).ConfigureAwait(false);
    }

    private static Uri? NextPage(HttpResponseMessage response, Uri uri)
    {
        string links = response.Headers.TryGetValues("Link", out IEnumerable<string>? values) ? string.Join(',', values) : "";
        return NextLink().Match(links) is { Success: true } next && Uri.TryCreate(uri, next.Groups["uri"].Value, out Uri? address) ? address : null;
    }

    private static HubFile? File(Uri uri, JsonElement item)
    {
        if (Text(item, "type") != "file")
        {
            return null;
        }

        bool isLarge = item.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object;
        string? blob = Text(isLarge ? lfs : item, "oid");
        return Text(item, "path") is { } path && blob is not null && (isLarge ? LargeHash() : HubCache.CommitHash()).IsMatch(blob)
            && (isLarge ? lfs : item).TryGetProperty("size", out JsonElement size) && size.TryGetInt64(out long bytes) && bytes >= 0
            ? new HubFile(path, bytes, blob)
            : throw new InvalidDataException($"{uri}: a file without path, size or hash");
    }

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What a status means to the user.</summary>
    private IOException Fault(HubName name, Uri uri, HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        if (status is 408 or 429 or >= 500)
        {
            return new HubInterruption(string.Create(CultureInfo.InvariantCulture, $"{uri.Host} answers {status}"), After(response.Headers.RetryAfter));
        }

        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        string server = _settings.Endpoint.Host, page = Address(name.Id).ToString();
        string message = (code, status) switch
        {
            ("GatedRepo", _) => $"{name.Id} is gated: accept its conditions on {page}, then set HF_TOKEN to a token of your account",
            ("RevisionNotFound", _) => $"{name.Id}: no such revision",
            ("EntryNotFound", _) => $"{name.Id}: {uri.AbsolutePath} is not in it",
            (_, 401) when _settings.Token is null => $"{name.Id}: no such model on {server}, or one that only its owner sees: HF_TOKEN is not set",
            (_, 401) => $"{name.Id}: no such model on {server}, or the token in HF_TOKEN is not valid for it",
            (_, 403) => $"{name.Id}: {uri.Host} refuses access; {page} says to whom it is open",
            (_, 404) => $"{name.Id}: no such model on {server}",
            _ => $"{name.Id}: {uri.Host} answers {status} {OneLine.Quote(response.ReasonPhrase ?? "")}",
        };
        return new HubRefusal(message, response.StatusCode);
    }

    private static TimeSpan? After(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? header?.Date - DateTimeOffset.UtcNow;
        return wait is { } time ? TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds, 0, 600)) : null;
    }

    private bool IsHub(Uri uri) => uri.Scheme == _settings.Endpoint.Scheme && uri.Authority == _settings.Endpoint.Authority;

    private Uri Address(string path) => new($"{_settings.Endpoint.ToString().TrimEnd('/')}/{path}");

    [GeneratedRegex(@"<(?<uri>[^>]+)>\s*;\s*rel=""next""")]
    private static partial Regex NextLink();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex LargeHash();
}
