using System.Text.Json;
using Razum.Cli;
using Razum.Models;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum inspect</c> on a tiny model: counts against the shapes of its tensors, the same facts as a table and as JSON.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public InspectTests() => TinyModel.Write(_folder.Path);

    [Fact]
    public async Task Json_counts_parameters_and_tensors()
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run("inspect", _folder.Path, "--json"));
        JsonElement root = JsonDocument.Parse(terminal.Output).RootElement;

        JsonElement[] tensors = [.. root.GetProperty("tensors").EnumerateArray()];
        long Count(string part) => tensors.Where(t => t.GetProperty("name").GetString()!.Contains(part, StringComparison.Ordinal))
            .Sum(t => t.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, size) => product * size.GetInt64()));
        long total = Count("");
        Assert.Equal(total, root.GetProperty("parameters").GetProperty("total").GetInt64());
        Assert.Equal(total - (Count(".experts.") / 2), root.GetProperty("parameters").GetProperty("active").GetInt64());
        Assert.Equal("deepseek_v3", root.GetProperty("architecture").GetProperty("model_type").GetString());
        Assert.Equal(16, root.GetProperty("architecture").GetProperty("kv_lora_rank").GetInt32());
        Assert.All(tensors, t => Assert.Equal("F32", t.GetProperty("dtype").GetString()));
        Assert.Equal(ModelConfigReader.Read(_folder.Path).VocabSize, root.GetProperty("architecture").GetProperty("vocab_size").GetInt32());
    }

    [Fact]
    public async Task The_table_joins_experts_and_layers()
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run("inspect", _folder.Path));
        Assert.Contains("kv_lora_rank", terminal.Output);
        Assert.Contains("model.layers.1.mlp.experts.{0-3}.down_proj.weight", terminal.Output);
        Assert.Contains("model.layers.{0-1}.input_layernorm.weight", terminal.Output);
        Assert.Contains("<|user|>", terminal.Output);
    }

    public void Dispose() => _folder.Dispose();
}
