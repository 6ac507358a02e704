using System.Diagnostics;
using Razum.Cli;

namespace Razum.Tests.Cli;

/// <summary>
/// What goes wrong in the world, against the real program in a process of its own: <c>kill -9</c> at any moment, a full disk, damaged and unknown models.
/// Each fault is one line on standard error and exit code 2, and nothing is left half-written.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_with_the_same_bits()
    {
        string run = WriteRun(_folder.Path, "run.json", "killed", 40);
        string whole = WriteRun(_folder.Path, "run.json", "whole", 40, "other");
        Assert.Equal(0, Razum(out _, "train", whole));

        // Later and later, so that it dies while starting, while computing, while writing, and in the end gets through.
        int kills = 0;
        for (int milliseconds = 250; ; milliseconds += milliseconds / 4)
        {
            using Process process = Start("train", run);
            if (process.WaitForExit(milliseconds))
            {
                Assert.Equal(0, process.ExitCode);
                break;
            }

            process.Kill();
            process.WaitForExit();
            kills++;
        }

        Assert.NotEqual(0, kills);
        Assert.Equal(
            File.ReadAllBytes(_folder.File("other/whole/final/model.safetensors")), File.ReadAllBytes(_folder.File("killed/final/model.safetensors")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("killed"), "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_full_disk_is_one_line_and_the_checkpoint_before_it_stays()
    {
        using SmallDisk disk = new(1);
        string run = WriteRun(disk.Path, "run.json", "out", 40);
        File.WriteAllBytes(disk.File("ballast"), new byte[200 << 10]);
        Assert.Equal(CommandLine.UserError, Razum(out string error, "train", run));
        Assert.Matches(@"^razum: .+: cannot be written: .+\n$", error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path, "*.tmp", SearchOption.AllDirectories));
        File.Delete(disk.File("ballast"));
        foreach (string checkpoint in Directory.EnumerateDirectories(disk.File("out"), "step-*"))
        {
            Assert.Equal(0, Razum(out _, "inspect", checkpoint));
        }
    }

    [Fact]
    public void Damaged_and_unknown_models_are_one_line()
    {
        Assert.Equal(0, Razum(out _, "train", WriteRun(_folder.Path, "run.json", "out", 3)));
        string model = _folder.File("out/final");
        string weights = Path.Combine(model, "model.safetensors");
        byte[] good = File.ReadAllBytes(weights);
        Refused(() => File.WriteAllBytes(weights, good[..^100]), "model.safetensors");
        Refused(() => File.WriteAllBytes(weights, good[..5]), "model.safetensors");
        Refused(() => File.WriteAllBytes(weights, [.. BitConverter.GetBytes(long.MaxValue), .. good[8..]]), "model.safetensors");
        Refused(() => File.Delete(weights), "model.safetensors");
        File.WriteAllBytes(weights, good);
        string config = Path.Combine(model, "config.json");
        string text = File.ReadAllText(config);
        Refused(() => File.WriteAllText(config, text.Replace("deepseek_v3", "deepseek_v9")), "model_type");
        File.WriteAllText(config, text);

        string prompt = new('x', 400);
        Assert.Equal(CommandLine.UserError, Razum(out string error, "ask", "--model", model, prompt));
        Assert.Matches(@"^razum: .*the context of .+ is \d+\n$", error);

        void Refused(Action damage, string word)
        {
            damage();
            Assert.Equal(CommandLine.UserError, Razum(out string message, "ask", "--model", model, "hello"));
            Assert.Matches($@"^razum: .*{word}.*\n$", message);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static int Razum(out string error, params string[] arguments)
    {
        using Process process = Start(arguments);
        _ = process.StandardOutput.ReadToEndAsync();
        error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "razum.dll"), .. arguments, "--threads", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string WriteRun(string folder, string file, string output, int steps, string below = "")
    {
        Directory.CreateDirectory(Path.Combine(folder, below));
        File.WriteAllText(Path.Combine(folder, below, "text.txt"), string.Concat(Enumerable.Range(0, 500).Select(i => $"{i} and {i * i}.\n")));
        File.WriteAllText(Path.Combine(folder, below, file), $$"""
            {
              "name": "tiny", "seed": 1, "tokenizer": "bytes", "output": "{{output}}", "sequence_length": 32, "micro_batch_tokens": 64,
              "model": { "config": {{TinyModel.Config}} },
              "checkpoints": { "every": 2, "keep": 2, "export": "bf16" },
              "stages": [
                {
                  "name": "only", "steps": {{steps}}, "step_tokens": 64, "learning_rate": 0.01,
                  "schedule": { "kind": "constant" }, "data": { "kind": "text", "files": ["text.txt"] }
                }
              ]
            }
            """);
        return Path.Combine(folder, below, file);
    }
}
