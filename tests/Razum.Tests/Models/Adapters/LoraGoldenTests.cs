using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Checkpoints;
using Razum.Training.Checkpoints;

namespace Razum.Tests.Models.Adapters;

/// <summary>Adapters as PEFT computes them: logits applied and merged, loss, the gradient of every A and B over a frozen BF16 base.</summary>
[Trait("golden", "yes")]
public sealed class LoraGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases => new(LoraCase.Names);

    [Fact]
    public void There_are_cases() => Assert.NotEmpty(LoraCase.Names);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_applied_and_merged(string name)
    {
        using LoraCase golden = LoraCase.Open(name);
        Decoder applied = golden.Load();
        new PublishedModel { Decoder = applied, Format = ElementType.F32 }.Write(_folder.Path);
        var merged = new Decoder(applied.Config, new CheckpointParameters(new Checkpoint(_folder.Path)));
        Assert.Empty(merged.Adapters);
        foreach (Decoder decoder in (Decoder[])[applied, merged])
        {
            foreach ((string sequence, int[] tokens) in golden.Sequences)
            {
                using var ops = new CpuOps(2);
                var batch = new Batch();
                batch.Add(tokens);
                golden.Compare($"{sequence}.logits", "logits", decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray());
            }
        }

        Dictionary<string, Weight> weights = merged.Parameters.ToDictionary(w => w.Name);
        foreach (string output in golden.Expected.Tensors.Select(t => t.Name).Where(n => n.StartsWith("merged.", StringComparison.Ordinal)))
        {
            golden.Compare(output, "merged", weights[output["merged.".Length..]].ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradients_of_the_adapters_alone(string name)
    {
        using LoraCase golden = LoraCase.Open(name);
        foreach (bool recompute in (bool[])[false, true])
        {
            Decoder decoder = golden.Load();
            decoder.RecomputeActivations = recompute;
            Weight[] trained = [.. decoder.Adapters.SelectMany(p => new[] { p.A, p.B })];
            Array.ForEach(trained, w => w.EnableGradient());
            using var ops = new CpuOps(2);
            var tape = new Tape(ops);
            var batch = new Batch();
            (int[] targets, float[] weights) = LanguageModelGoldenTests.NextTokens(batch, [golden.Sequences["seq0"], golden.Sequences["seq1"]], 1);
            Tensor loss = tape.CrossEntropy(decoder.Forward(tape, batch), decoder.Head, targets, weights);
            golden.Compare("loss", "loss", [loss.Value]);
            tape.Backward(loss);
            Dictionary<string, Weight> named = trained.ToDictionary(w => w.Name);
            string[] outputs = [.. golden.Expected.Tensors.Select(t => t.Name).Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
            Assert.Equal(named.Count, outputs.Length);
            foreach (string output in outputs)
            {
                golden.Compare(output, "grad", named[output["grad.".Length..]].Gradient!.Value.ToArray());
            }

            Assert.All(decoder.Parameters.Except(trained), w => Assert.Null(w.Gradient));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_written_folder_is_what_PEFT_writes(string name)
    {
        using LoraCase golden = LoraCase.Open(name);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(golden.Folder, "adapter_config.json")))!.AsObject();
        bool isPlain = config["target_modules"] is JsonArray && config["layers_to_transform"] is null
            && ((string[])["rank_pattern", "alpha_pattern"]).All(p => config[p] is not JsonObject { Count: > 0 });
        Assert.SkipUnless(isPlain, "runs make adapters of one rank for whole kinds of layers");
        var settings = new LoraSettings
        {
            Rank = (int)config["r"]!,
            Alpha = (double)config["lora_alpha"]!,
            Targets = [.. config["target_modules"]!.AsArray().Select(t => (string)t!)],
            RankStabilised = (bool?)config["use_rslora"] ?? false,
        };
        PeftFolder.Write(_folder.Path, golden.Load(), settings, (string)config["base_model_name_or_path"]!);
        JsonObject written = JsonNode.Parse(File.ReadAllText(_folder.File("adapter_config.json")))!.AsObject();
        config["lora_dropout"] = 0; // matters in training only
        foreach ((string field, JsonNode? value) in written.Where(p => config.ContainsKey(p.Key)))
        {
            Assert.True(JsonNode.DeepEquals(config[field], value), $"{field}: {value?.ToJsonString()}");
        }

        using SafetensorsFile expected = new(Path.Combine(golden.Folder, "adapter_model.safetensors")), found = new(_folder.File("adapter_model.safetensors"));
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), found.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(expected.Tensors, t => Assert.Equal(expected.ReadFloats(t.Name), found.ReadFloats(t.Name)));
    }

    public void Dispose() => _folder.Dispose();
}
