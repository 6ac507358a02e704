using System.Diagnostics;
using Razum.Cli;
using Razum.Tests.Inference.Hub;

namespace Razum.Tests.Cli;

/// <summary><c>razum pull</c> and names in place of paths, in processes of their own with the environment that users set.</summary>
public sealed class PullTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HubServer _server = new();

    public PullTests()
    {
        TinyModel.Write(_folder.File("tiny"));
        foreach (string path in Directory.GetFiles(_folder.File("tiny")))
        {
            _server.Files[Path.GetFileName(path)] = File.ReadAllBytes(path);
        }
    }

    [Fact]
    public void A_pulled_model_is_known_by_its_name()
    {
        Assert.Equal(CommandLine.UserError, Razum(out _, out string missing, "ask", "-m", "owner/name", "hi"));
        Assert.Matches(@"^razum: no model folder owner/name, .+; razum pull owner/name downloads it\n$", missing);
        Assert.Equal(CommandLine.UserError, Razum(out _, out string other, "pull", "owner/other"));
        Assert.Matches(@"^razum: owner/other: no such model on 127\.0\.0\.1\n$", other);

        Assert.Equal(CommandLine.Done, Razum(out string path, out string plan, "pull", "owner/name"));
        Assert.Equal(_folder.File($"home/hub/models--owner--name/snapshots/{HubServer.Commit}"), path.Trim());
        Assert.Matches(@"^owner/name: \d files, 0\.\d+ GB, of which 0\.\d+ GB are to come\n$", plan);

        Assert.Equal(CommandLine.Done, Razum(out string answer, out _, "ask", "-m", "owner/name", "hi", "--max-tokens", "2", "--json"));
        Assert.Contains("\"model\": \"owner/name\"", answer);
        Assert.Equal(CommandLine.Done, Razum(out _, out _, "convert", "owner/name", _folder.File("tiny.gguf")));

        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 100).Select(i => $"{i} and {i * i}.\n")));
        File.WriteAllText(_folder.File("run.json"), """
            {
              "name": "tuned", "seed": 1, "tokenizer": "bytes", "output": "out", "sequence_length": 32, "micro_batch_tokens": 64, "model": { "checkpoint": "owner/name" },
              "stages": [
                {
                  "name": "only", "steps": 1, "step_tokens": 64, "learning_rate": 0.01, "schedule": { "kind": "constant" }, "data": { "kind": "text", "files": ["text.txt"] }
                }
              ]
            }
            """);
        int code = Razum(out _, out string fault, "train", _folder.File("run.json"));
        Assert.True(code == CommandLine.Done, fault);
    }

    [Fact]
    public void Ctrl_C_stops_a_download_that_then_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs signals");
        _server.Spoil = (request, reply) =>
        {
            if (request.IsFor("model.safetensors"))
            {
                (reply.BreakAfter, reply.Silence) = (reply.Body.Length / 2, TimeSpan.FromMinutes(1));
            }
        };
        using (Process process = Start("pull", "owner/name"))
        {
            Assert.True(SpinWait.SpinUntil(() => _server.Requests.Any(r => r.IsFor("model.safetensors")), TimeSpan.FromMinutes(1)));
            using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.Equal(CommandLine.Failed, process.ExitCode);
            Assert.EndsWith("razum: stopped; razum pull owner/name goes on where it was\n", error, StringComparison.Ordinal);
        }

        _server.Spoil = (_, _) => { };
        Assert.Equal(CommandLine.Done, Razum(out string path, out _, "pull", "owner/name"));
        Assert.Equal(_server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(path.Trim(), "model.safetensors")));
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    private int Razum(out string output, out string error, params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> text = process.StandardOutput.ReadToEndAsync();
        error = process.StandardError.ReadToEnd();
        output = text.Result;
        process.WaitForExit();
        return process.ExitCode;
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "razum.dll"), .. arguments, "--threads", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HF_HOME"] = _folder.File("home");
        start.Environment["HF_ENDPOINT"] = _server.Address.ToString();
        foreach (string name in (string[])["HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_SYMLINKS"])
        {
            start.Environment.Remove(name);
        }

        return Process.Start(start)!;
    }
}
