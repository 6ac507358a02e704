using Razum.Inference.Hub;

namespace Razum.Tests.Inference.Hub;

/// <summary>Downloads from a server that does everything servers do, into the layout that other tools share.</summary>
public sealed class HubPullTests : IDisposable
{
    private static readonly HubName s_name = HubName.Parse("owner/name")!;

    private readonly TemporaryFolder _folder = new();
    private readonly HubServer _server = new();
    private readonly List<TimeSpan> _waits = [];

    public HubPullTests()
    {
        _server.Files["config.json"] = Bytes(300, 1);
        _server.Files["tokenizer.json"] = Bytes(5_000, 2);
        _server.Files["model.safetensors"] = Bytes(300_000, 3);
        _server.Files["README.md"] = Bytes(50, 4);
        _server.Files["pytorch_model.bin"] = Bytes(2_000, 5);
        _server.Files["onnx/model.safetensors"] = Bytes(2_000, 6);
    }

    [Fact]
    public async Task A_model_comes_into_the_layout_of_the_other_tools_and_only_once()
    {
        _server.Page = 2; // the list has pages
        string folder = await Pull();
        Assert.Equal(Path.Combine(_folder.Path, "models--owner--name", "snapshots", HubServer.Commit), folder);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Equal(HubServer.Commit, File.ReadAllText(Cached("refs/main")));
        foreach (string file in (string[])["config.json", "model.safetensors", "tokenizer.json"])
        {
            string blob = HubServer.Blob(_server.Files[file]);
            Assert.Equal(_server.Files[file], File.ReadAllBytes(Path.Combine(folder, file)));
            Assert.Equal(_server.Files[file], File.ReadAllBytes(Cached($"blobs/{blob}")));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal($"../../blobs/{blob}", new FileInfo(Path.Combine(folder, file)).LinkTarget);
            }
        }

        Assert.Equal(3, Directory.GetFiles(Cached("blobs")).Length);
        int requests = _server.Contents.Count();
        Assert.Equal(folder, await Pull());
        Assert.Equal(requests, _server.Contents.Count());
        Assert.Equal(folder, new HubCache(_folder.Path).Find(s_name));
        Assert.Equal("owner/name", HubCache.NameOf(folder));
        Assert.Null(HubCache.NameOf(_folder.Path));
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_where_it_redirects()
    {
        _server.Redirects = true;
        await Pull();
        Assert.Contains(_server.Requests, r => r.Host == "localhost");
        Assert.All(_server.Requests, r => Assert.Equal(r.Host == "localhost" ? null : "Bearer hf_secret", r.Authorization));

        // The signed address is kept for all pieces.
        Assert.True(_server.Contents.Count(r => r.Host == "127.0.0.1" && r.IsFor("model.safetensors")) < _server.Contents.Count(r => r.Host == "localhost" && r.IsFor("model.safetensors")));
    }

    [Fact]
    public async Task An_address_that_expires_is_asked_for_again()
    {
        _server.Redirects = true;
        int n = 0;
        _server.Spoil = (request, reply) =>
        {
            // The last piece is asked for when the address has been known for long.
            if (request.Host == "localhost" && request.From == 250_000 && Interlocked.Increment(ref n) == 1)
            {
                reply.Status = 403;
            }
        };
        await Pull();
        AssertWhole();
        Assert.Equal([TimeSpan.Zero], _waits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Broken_connections_are_taken_up_where_they_broke(bool ranges)
    {
        _server.GivesRanges = ranges;
        int n = 0;
        _server.Spoil = (request, reply) =>
        {
            bool breaks = request.IsFor("model.safetensors") && ranges == request.From is not null && Interlocked.Increment(ref n) % 3 == 1;
            reply.BreakAfter = breaks ? 7_000 : int.MaxValue;
        };
        await Pull();
        AssertWhole();
        Assert.NotEmpty(_waits);
        if (ranges)
        {
            Assert.Contains(_server.Contents, r => r.From % 50_000 == 7_000);
        }
    }

    [Fact]
    public async Task Silence_is_a_broken_connection()
    {
        int n = 0;
        _server.Spoil = (request, reply) =>
        {
            if (request.IsFor("tokenizer.json") && Interlocked.Increment(ref n) == 1)
            {
                (reply.BreakAfter, reply.Silence) = (100, TimeSpan.FromSeconds(30));
            }
        };
        await Pull(Settings() with { Silence = TimeSpan.FromSeconds(0.3) });
        AssertWhole();
    }

    [Fact]
    public async Task A_busy_server_is_given_the_time_it_asks_for()
    {
        int n = 0;
        _server.Spoil = (request, reply) =>
        {
            int count = request.Path.Contains("/revision/", StringComparison.Ordinal) ? Interlocked.Increment(ref n) : 99;
            if (count <= 3)
            {
                reply.Status = count == 1 ? 429 : 503;
                reply.Headers["Retry-After"] = count == 1 ? "7" : "";
            }
        };
        await Pull();
        Assert.Equal([7, 2, 4], _waits.Select(w => w.TotalSeconds));
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_given_up()
    {
        _server.Spoil = (_, reply) => reply.Status = 503;
        Assert.Equal("127.0.0.1 answers 503 (tried 6 times)", (await Assert.ThrowsAsync<IOException>(() => Pull())).Message);
        Assert.Equal([1, 2, 4, 8, 16], _waits.Select(w => w.TotalSeconds));
    }

    [Theory]
    [InlineData(401, "GatedRepo", "is gated: accept its conditions on http://127.0.0.1")]
    [InlineData(403, "GatedRepo", "is gated: accept its conditions on http://127.0.0.1")]
    [InlineData(401, "", "or the token in HF_TOKEN is not valid")]
    [InlineData(403, "", "refuses access")]
    [InlineData(404, "RepoNotFound", "no such model on 127.0.0.1")]
    [InlineData(404, "RevisionNotFound", "no such revision")]
    [InlineData(404, "EntryNotFound", "is not in it")]
    [InlineData(418, "", "answers 418")]
    public async Task Refusals_are_one_line(int status, string code, string expected)
    {
        _server.Spoil = (request, reply) =>
        {
            if (code != "EntryNotFound" || request.IsFor("model.safetensors"))
            {
                reply.Status = status;
                reply.Headers["X-Error-Code"] = code;
            }
        };
        string fault = (await Assert.ThrowsAnyAsync<IOException>(() => Pull())).Message;
        Assert.StartsWith("owner/name", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
        Assert.DoesNotContain("hf_secret", fault, StringComparison.Ordinal);
        Assert.Empty(_waits);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public async Task Content_other_than_announced_is_thrown_away(string file)
    {
        _server.Spoil = (request, reply) => reply.Body = request.IsFor(file) && reply.Status < 300 ? [.. reply.Body.Select(b => (byte)~b)] : reply.Body;
        string fault = (await Assert.ThrowsAsync<InvalidDataException>(() => Pull())).Message;
        Assert.Contains($"{file}: what the server sends has the hash", fault, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(Cached("blobs")), p => Path.GetFileName(p).StartsWith(HubServer.Blob(_server.Files[file]), StringComparison.Ordinal));
        Assert.False(File.Exists(Cached("refs/main")));

        _server.Spoil = (_, _) => { };
        await Pull();
        AssertWhole();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_lengths_than_announced_are_refused(bool inRange)
    {
        _server.GivesRanges = inRange;
        _server.Spoil = (request, reply) =>
        {
            if (request.IsFor("model.safetensors"))
            {
                reply.Length = inRange ? null : 400_000;
                reply.Headers["Content-Range"] = "bytes 0-49999/400000";
            }
        };
        Assert.Contains("the server sends", (await Assert.ThrowsAsync<InvalidDataException>(() => Pull())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_beginning_that_is_there_is_not_fetched_again_unless_it_is_wrong(bool right)
    {
        byte[] bytes = _server.Files["model.safetensors"];
        Directory.CreateDirectory(Cached("blobs"));
        File.WriteAllBytes(Cached($"blobs/{HubServer.Blob(bytes)}.incomplete"), right ? bytes[..123_456] : new byte[123_456]);
        long left = 0;
        await Pull(Settings(), pull => left = pull);
        AssertWhole();
        Assert.Equal(300_000 - 123_456 + 5_000 + 300, left);
        Assert.Equal(right ? 123_456 : 0, _server.Contents.Where(r => r.IsFor("model.safetensors")).Min(r => r.From));
    }

    [Fact]
    public async Task A_stopped_download_goes_on_where_it_was()
    {
        using var stop = new CancellationTokenSource();
        var pull = new HubPull(Settings()) { Progress = done => Cancel(done > 200_000) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.Run(s_name, cancellation: stop.Token));
        int before = _server.Contents.Count(r => r.IsFor("model.safetensors"));
        await Pull();
        AssertWhole();
        Assert.True(before > 0);
        Assert.DoesNotContain(_server.Contents.Where(r => r.IsFor("model.safetensors")).Skip(before), r => r.From is null);

        void Cancel(bool now)
        {
            if (now)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public async Task What_came_of_a_piece_before_the_stop_is_kept()
    {
        using var stop = new CancellationTokenSource();
        _server.Spoil = (request, reply) =>
        {
            if (request.IsFor("model.safetensors"))
            {
                (reply.BreakAfter, reply.Silence) = (20_000, TimeSpan.FromMinutes(1));
            }
        };
        HubSettings settings = Settings() with { PieceBytes = 1_000_000 };
        var pull = new HubPull(settings) { Progress = done => (done == 300 + 5_000 + 20_000 ? stop : new CancellationTokenSource()).Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.Run(s_name, cancellation: stop.Token));
        Assert.Equal(20_000, new FileInfo(Cached($"blobs/{HubServer.Blob(_server.Files["model.safetensors"])}.incomplete")).Length);

        _server.Spoil = (_, _) => { };
        await Pull(settings);
        AssertWhole();
        Assert.Equal(20_000, _server.Contents.Last(r => r.IsFor("model.safetensors")).From);
    }

    [Fact]
    public async Task Two_at_once_fetch_everything_once()
    {
        await Task.WhenAll(Pull(), Pull());
        AssertWhole();
        Assert.Equal(6, _server.Contents.Where(r => r.IsFor("model.safetensors")).Select(r => r.From).Distinct().Count());
        Assert.Equal(6, _server.Contents.Count(r => r.IsFor("model.safetensors")));
        Assert.Single(_server.Contents, r => r.IsFor("config.json"));
    }

    [Fact]
    public async Task What_other_tools_left_is_used()
    {
        foreach (string file in (string[])["config.json", "tokenizer.json", "model.safetensors"])
        {
            string link = Cached($"snapshots/{HubServer.Commit}/{file}"), blob = HubServer.Blob(_server.Files[file]);
            Directory.CreateDirectory(Cached("blobs"));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.WriteAllBytes(Cached($"blobs/{blob}"), _server.Files[file]);
            File.CreateSymbolicLink(link, $"../../blobs/{blob}");
        }

        Directory.CreateDirectory(Cached("refs"));
        File.WriteAllText(Cached("refs/main"), HubServer.Commit);
        string? found = new HubCache(_folder.Path).Find(s_name);
        Assert.Equal(Cached($"snapshots/{HubServer.Commit}"), found);
        Assert.Equal(found, await Pull());
        Assert.Empty(_server.Contents);
        Assert.Equal(found, await Pull(Settings() with { Offline = true, Endpoint = new Uri("http://127.0.0.1:1") }));

        File.Delete(Cached($"blobs/{HubServer.Blob(_server.Files["model.safetensors"])}"));
        Assert.Contains("only a part of it", Assert.Throws<InvalidDataException>(() => new HubCache(_folder.Path).Find(s_name)).Message, StringComparison.Ordinal);
        await Pull();
        AssertWhole();
    }

    [Fact]
    public async Task Without_links_the_files_are_in_the_snapshot()
    {
        string folder = await Pull(Settings() with { Links = false });
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.Null(new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget);
        int requests = _server.Contents.Count();
        Assert.Equal(folder, await Pull(Settings() with { Links = false }));
        Assert.Equal(requests, _server.Contents.Count());
    }

    [Fact]
    public async Task Offline_is_the_cache_alone()
    {
        Assert.Contains("HF_HUB_OFFLINE", (await Assert.ThrowsAsync<IOException>(() => Pull(Settings() with { Offline = true }))).Message, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("../../../evil-Q4_K_M.gguf")]
    [InlineData("/tmp/evil-Q4_K_M.gguf")]
    [InlineData("a/../../evil-Q4_K_M.gguf")]
    [InlineData("C:\\evil-Q4_K_M.gguf")]
    [InlineData("a//evil-Q4_K_M.gguf")]
    public async Task Paths_that_leave_the_model_are_refused(string path)
    {
        _server.Files[path] = Bytes(100, 9);
        string fault = (await Assert.ThrowsAsync<InvalidDataException>(() => Pull(choice: "Q4_K_M"))).Message;
        Assert.Contains("no path inside a model", fault, StringComparison.Ordinal);
        Assert.Empty(_server.Contents);
    }

    [Theory]
    [InlineData("Q4_K_M", "m-Q4_K_M.gguf", 1)]
    [InlineData("q4_k_m", "m-Q4_K_M.gguf", 1)]
    [InlineData("m-Q4_K_M.gguf", "m-Q4_K_M.gguf", 1)]
    [InlineData("Q8_0", "Q8_0/m-Q8_0-00001-of-00003.gguf", 3)]
    [InlineData("Q8_0/m-Q8_0-00002-of-00003.gguf", "Q8_0/m-Q8_0-00001-of-00003.gguf", 3)]
    public async Task A_quantisation_is_chosen_whole(string choice, string first, int count)
    {
        AddGguf();
        string path = await Pull(choice: choice);
        Assert.Equal(Cached($"snapshots/{HubServer.Commit}/{first}"), path);
        Assert.Equal(count, _server.Contents.Count());
        Assert.Equal(path, new HubCache(_folder.Path).Find(s_name with { Choice = choice }));
        if (count > 1)
        {
            File.Delete(Cached($"snapshots/{HubServer.Commit}/Q8_0/m-Q8_0-00002-of-00003.gguf"));
            Assert.Throws<InvalidDataException>(() => new HubCache(_folder.Path).Find(s_name with { Choice = "Q8_0" }));
        }
    }

    [Theory]
    [InlineData("Q5_K_M", "no such .gguf file; there are: Q8_0/m-Q8_0, m-IQ4_XS")]
    [InlineData("K_M", "no such .gguf file")]
    [InlineData("", "means more than one .gguf file")]
    public async Task A_choice_that_is_none_lists_what_there_is(string choice, string expected)
    {
        AddGguf();
        _server.Files.Remove("model.safetensors");
        _server.Files.Remove("pytorch_model.bin");
        if (choice == "K_M")
        {
            _server.Files.Remove("m-Q4_K_M.gguf");
        }

        Assert.Contains(expected, (await Assert.ThrowsAsync<InvalidDataException>(() => Pull(choice: choice.Length > 0 ? choice : null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pytorch_files_come_where_there_are_no_safetensors()
    {
        _server.Files.Remove("model.safetensors");
        string folder = await Pull();
        Assert.Equal(["config.json", "pytorch_model.bin", "tokenizer.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_full_disk_is_one_line_and_breaks_nothing()
    {
        using var disk = new SmallDisk(1);
        _server.Files["model.safetensors"] = Bytes(2_000_000, 3);
        HubSettings settings = Settings() with { CacheFolder = disk.File("hub") };
        Assert.Contains("has room for", (await Assert.ThrowsAsync<IOException>(() => Pull(settings))).Message, StringComparison.Ordinal);

        // Full in the middle, because another program wrote.
        _server.Files["model.safetensors"] = Bytes(700_000, 3);
        string ballast = disk.File("ballast");
        string fault = (await Assert.ThrowsAsync<IOException>(() => Pull(settings, _ => File.WriteAllBytes(ballast, new byte[500_000])))).Message;
        Assert.Contains("cannot be written", fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
        File.Delete(ballast);
        string folder = await Pull(settings);
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    [Theory]
    [InlineData("owner/name", "owner", "name", null)]
    [InlineData("a.b/c-d_e.1:Q4_K_M", "a.b", "c-d_e.1", "Q4_K_M")]
    [InlineData("a/b:x/y.gguf", "a", "b", "x/y.gguf")]
    [InlineData("name", null, null, null)]
    [InlineData("a/b/c", null, null, null)]
    [InlineData("../b", null, null, null)]
    [InlineData("./b", null, null, null)]
    [InlineData("/b", null, null, null)]
    [InlineData("a/..", null, null, null)]
    [InlineData("a/b:../c", null, null, null)]
    [InlineData("a/b:", null, null, null)]
    [InlineData("a/b\n", null, null, null)]
    [InlineData("C:\\a", null, null, null)]
    public void Names_are_told_from_paths(string text, string? owner, string? name, string? choice)
    {
        HubName? parsed = HubName.Parse(text);
        Assert.Equal(owner is null ? null : new HubName(owner, name!, choice), parsed);
        Assert.True(parsed is null || parsed.ToString() == text);
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void AddGguf()
    {
        foreach (string file in (string[])["m-Q4_K_M.gguf", "m-IQ4_XS.gguf", "mmproj-Q4_K_M.gguf", "m-imatrix.gguf"])
        {
            _server.Files[file] = Bytes(3_000, file.Length);
        }

        for (int i = 1; i <= 3; i++)
        {
            _server.Files[$"Q8_0/m-Q8_0-0000{i}-of-00003.gguf"] = Bytes(3_000, i);
        }
    }

    private string Cached(string path) => Path.Combine(_folder.Path, "models--owner--name", path);

    private HubSettings Settings() => new()
    {
        Endpoint = _server.Address,
        CacheFolder = _folder.Path,
        Token = "hf_secret",
        PieceBytes = 50_000,
        Wait = (time, _) =>
        {
            lock (_waits)
            {
                _waits.Add(time);
            }

            return Task.CompletedTask;
        },
    };

    private Task<string> Pull(HubSettings? settings = null, Action<long>? planned = null, string? choice = null) =>
        new HubPull(settings ?? Settings()) { Planned = (_, _, left) => planned?.Invoke(left) }.Run(s_name with { Choice = choice }, cancellation: TestContext.Current.CancellationToken);

    private void AssertWhole()
    {
        foreach (string file in (string[])["config.json", "model.safetensors", "tokenizer.json"])
        {
            Assert.Equal(_server.Files[file], File.ReadAllBytes(Cached($"snapshots/{HubServer.Commit}/{file}")));
        }

        Assert.Empty(Directory.GetFiles(Cached("blobs"), "*.incomplete"));
    }
}
