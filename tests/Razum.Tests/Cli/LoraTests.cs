using Razum.Cli;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors.Checkpoints;
using Razum.Tests.Training;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary>Reinforcement learning of adapters over a small model in the published layout, from the command line to the answer with the adapter.</summary>
public sealed class LoraTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_group_relative_run_leaves_an_adapter_that_can_be_asked()
    {
        TinyQwen.Write(_folder.File("base"));
        string weights = Path.Combine(_folder.File("base"), "model.safetensors");
        byte[] before = File.ReadAllBytes(weights);
        File.WriteAllText(_folder.File("run.json"), """
            {
              "name": "distilled", "seed": 1, "tokenizer": "bytes", "output": "out", "sequence_length": 96, "micro_batch_tokens": 256,
              "model": { "checkpoint": "base", "quantize": "q8_0" },
              "lora": { "rank": 8, "alpha": 16, "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"], "merge": true },
              "evaluation": { "every": 2, "tokens": 128 }, "checkpoints": { "every": 2 },
              "stages": [
                {
                  "name": "grpo", "steps": 3, "learning_rate": 0.01, "schedule": { "kind": "constant" },
                  "reinforcement": {
                    "prompts": 2, "samples": 4, "max_tokens": 16, "evaluate_prompts": 2, "families": { "gcd": 1 },
                    "objective": { "preset": "r1" }, "reward": [ { "verifier": "task" }, { "verifier": "repetition", "n": 1, "unit": "characters" } ]
                  }
                }
              ]
            }
            """);
        var terminal = new TestTerminal();
        int code = await terminal.Run("train", _folder.File("run.json"), "--threads", "2");
        Assert.Equal(("", CommandLine.Done), (terminal.Error.ToString(), code));
        string output = terminal.Output.ReplaceLineEndings(" ");
        Assert.Contains("distilled: memory: base ", output);
        Assert.Contains("mismatch 0", output);
        Assert.Contains("done; the adapter is in", output);
        Assert.Equal(before, File.ReadAllBytes(weights));

        using var adapter = new SafetensorsFile(_folder.File("out/final/adapter_model.safetensors"));
        string[] expected =
        [
            .. from layer in Enumerable.Range(0, 2)
               from module in (string[])["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
               from part in (string[])["lora_A", "lora_B"]
               select $"base_model.model.model.layers.{layer}.{module}.{part}.weight",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), adapter.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(adapter.Tensors.Where(t => t.Name.Contains("lora_B", StringComparison.Ordinal)), t => Assert.Contains(adapter.ReadFloats(t.Name), v => v != 0));

        var asked = new TestTerminal();
        Assert.Equal(CommandLine.Done, await asked.Run("ask", "-m", _folder.File("base"), "--adapter", _folder.File("out/final"), "--max-tokens", "4", "gcd of 4 and 6?"));
        string[] question = ["--temperature", "0", "--max-tokens", "8", "gcd of 4 and 6?"];
        (TestTerminal one, TestTerminal named) = (new(), new());
        Assert.Equal(CommandLine.Done, await one.Run(["ask", "-m", _folder.File("base"), "--adapter", _folder.File("out/final"), .. question]));
        Assert.Equal(CommandLine.Done, await named.Run(
            ["ask", "-m", _folder.File("base"), "--adapter", $"gcd={_folder.File("out/final")}", "--adapter", $"other={_folder.File("out/final")}", .. question]));
        Assert.Equal(one.Output, named.Output);
        var unnamed = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await unnamed.Run(
            ["ask", "-m", _folder.File("base"), "--adapter", _folder.File("out/final"), "--adapter", _folder.File("out/final"), .. question]));
        Assert.Contains("each needs a name of its own", unnamed.Error.ToString());
        var converted = new TestTerminal();
        Assert.Equal(CommandLine.Done, await converted.Run(
            "convert", _folder.File("base"), _folder.File("whole"), "--type", "f32", "--adapter", _folder.File("out/final")));
        Assert.Equal(CommandLine.Done, await converted.Run(["ask", "-m", _folder.File("whole"), .. question]));
        var measured = new TestTerminal();
        Assert.Equal(CommandLine.Done, await measured.Run(
            "eval", _folder.File("base"), "--adapter", _folder.File("out/final"), "--n", "1", "--tasks", "gcd", "--max-tokens", "4", "--samples", "0"));
        using (ModelBundle merged = ModelBundle.Load(_folder.File("out/merged")))
        {
            Assert.Empty(merged.Decoder.Adapters);
        }

        var refused = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await refused.Run("ask", "-m", _folder.File("base"), "--adapter", _folder.File("base"), "hello"));
        Assert.Contains("adapter_config.json: no such file", refused.Error.ToString());
    }

    public void Dispose() => _folder.Dispose();
}
