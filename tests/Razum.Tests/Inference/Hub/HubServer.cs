using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Razum.Tests.Inference.Hub;

/// <summary>
/// A Hub of one model in this process, over plain sockets so that it can do all that servers should not: break off, lie about lengths, send other content.
/// Files above a thousand bytes are large ones. One request a connection.
/// </summary>
internal sealed class HubServer : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public HubServer()
    {
        _listener.Start();
        _ = Task.Run(Accept);
    }

    /// <summary>The files of the model.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Whether parts are given.</summary>
    public bool GivesRanges { get; set; } = true;

    /// <summary>Whether contents are on a server of another name.</summary>
    public bool Redirects { get; set; }

    /// <summary>Entries on a page of the list.</summary>
    public int Page { get; set; } = 1000;

    /// <summary>Changes a reply before it is sent.</summary>
    public Action<HubRequest, HubReply> Spoil { get; set; } = (_, _) => { };

    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Requests for contents of files.</summary>
    public IEnumerable<HubRequest> Contents => Requests.Where(r => r.Path.Contains("/resolve/", StringComparison.Ordinal) || r.Path.StartsWith("/elsewhere/", StringComparison.Ordinal));

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The name of a content in the cache.</summary>
    public static string Blob(byte[] bytes) => bytes.Length > 1000
        ? Convert.ToHexStringLower(SHA256.HashData(bytes))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = Task.Run(async () =>
            {
                using (client)
                {
                    try
                    {
                        await Serve(client.GetStream());
                    }
                    catch (IOException)
                    {
                        // The other side went away.
                    }
                }
            });
        }
    }

    private async Task Serve(NetworkStream stream)
    {
        HubRequest request = await Read(stream);
        Requests.Enqueue(request);
        HubReply reply = Answer(request);
        Spoil(request, reply);
        string head = $"HTTP/1.1 {reply.Status} {reply.Status}\r\nConnection: close\r\nContent-Length: {reply.Length ?? reply.Body.Length}\r\n"
            + string.Concat(reply.Headers.Select(h => $"{h.Key}: {h.Value}\r\n")) + "\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(reply.Body.AsMemory(0, Math.Min(reply.BreakAfter, reply.Body.Length)));
        await stream.FlushAsync();
        await Task.Delay(reply.Silence, _stop.Token);
    }

    private static async Task<HubRequest> Read(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string[] first = (await reader.ReadLineAsync() ?? throw new IOException()).Split(' ');
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        }

        long? from = null, to = null;
        if (headers.TryGetValue("Range", out string? range))
        {
            string[] ends = range["bytes=".Length..].Split('-');
            (from, to) = (long.Parse(ends[0], CultureInfo.InvariantCulture), long.Parse(ends[1], CultureInfo.InvariantCulture));
        }

        return new HubRequest(first[1], headers["Host"].Split(':')[0], headers.GetValueOrDefault("Authorization"), from, to);
    }

    private HubReply Answer(HubRequest request)
    {
        string path = request.Path.Split('?')[0];
        if (path.StartsWith("/api/models/owner/name/revision/", StringComparison.Ordinal))
        {
            return new HubReply { Body = Encoding.UTF8.GetBytes($$"""{"id":"owner/name","sha":"{{Commit}}"}""") };
        }

        if (path == $"/api/models/owner/name/tree/{Commit}")
        {
            return Tree(request);
        }

        string resolve = $"/owner/name/resolve/{Commit}/", elsewhere = "/elsewhere/";
        string? file = path.StartsWith(resolve, StringComparison.Ordinal) ? path[resolve.Length..] : path.StartsWith(elsewhere, StringComparison.Ordinal) ? path[elsewhere.Length..] : null;
        if (file is null || !Files.TryGetValue(Uri.UnescapeDataString(file), out byte[]? bytes))
        {
            return new HubReply { Status = 404 };
        }

        if (Redirects && path.StartsWith(resolve, StringComparison.Ordinal) && bytes.Length > 1000)
        {
            return new HubReply { Status = 302, Headers = { ["Location"] = $"http://localhost:{Address.Port}{elsewhere}{file}?signature=x" } };
        }

        if (request.From is not { } from || !GivesRanges)
        {
            return new HubReply { Body = bytes };
        }

        int end = (int)Math.Min(request.To!.Value + 1, bytes.Length);
        return new HubReply { Status = 206, Body = bytes[(int)from..end], Headers = { ["Content-Range"] = $"bytes {from}-{end - 1}/{bytes.Length}" } };
    }

    private HubReply Tree(HubRequest request)
    {
        int start = request.Path.Split("cursor=") is [_, var cursor] ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        string[] items = [.. Files.Skip(start).Take(Page).Select(f => JsonSerializer.Serialize(f.Value.Length > 1000
            ? (object)new { type = "file", path = f.Key, size = f.Value.Length, oid = new string('1', 40), lfs = new { oid = Blob(f.Value), size = f.Value.Length } }
            : new { type = "file", path = f.Key, size = f.Value.Length, oid = Blob(f.Value) }))];
        var reply = new HubReply { Body = Encoding.UTF8.GetBytes($"[{string.Join(',', items.Prepend("""{"type":"directory","path":"x","oid":"0"}"""))}]") };
        if (start + Page < Files.Count)
        {
            reply.Headers["Link"] = $"<{Address}api/models/owner/name/tree/{Commit}?recursive=true&cursor={start + Page}>; rel=\"next\"";
        }

        return reply;
    }
}
