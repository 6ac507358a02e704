using System.Globalization;
using System.Text.RegularExpressions;

namespace Razum.Models.Gguf;

/// <summary>
/// The names of tensors in GGUF files and in published checkpoints, both ways, as one table. L is the layer, E the expert; names of layers are given without
/// their beginning, <c>blk.L.</c> and <c>model.layers.L.</c>.
/// </summary>
public sealed partial class GgufNames
{
    private const string KeysName = "attn_k_b.weight";
    private const string ValuesName = "attn_v_b.weight";

    private static readonly (string Gguf, string Published)[] s_whole =
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("output_norm.weight", "model.norm.weight"),
        ("output.weight", "lm_head.weight"),
    ];

    /// <summary>Rows of every layer. Where several have one published name, a file has one of them; the first is what is written.</summary>
    private static readonly (string Gguf, string Published, NameChange Change)[] s_layer =
    [
        ("attn_norm.weight", "input_layernorm.weight", NameChange.Same),
        ("ffn_norm.weight", "post_attention_layernorm.weight", NameChange.Same),
        ("attn_q.weight", "self_attn.q_proj.weight", NameChange.QueryRows),
        ("attn_q.bias", "self_attn.q_proj.bias", NameChange.QueryRows),
        ("attn_k.weight", "self_attn.k_proj.weight", NameChange.KeyRows),
        ("attn_k.bias", "self_attn.k_proj.bias", NameChange.KeyRows),
        ("attn_v.weight", "self_attn.v_proj.weight", NameChange.Same),
        ("attn_v.bias", "self_attn.v_proj.bias", NameChange.Same),
        ("attn_output.weight", "self_attn.o_proj.weight", NameChange.Same),
        ("attn_output.bias", "self_attn.o_proj.bias", NameChange.Same),
        ("attn_q_norm.weight", "self_attn.q_norm.weight", NameChange.Same),
        ("attn_k_norm.weight", "self_attn.k_norm.weight", NameChange.Same),
        ("attn_q_a.weight", "self_attn.q_a_proj.weight", NameChange.Same),
        ("attn_q_a_norm.weight", "self_attn.q_a_layernorm.weight", NameChange.Same),
        ("attn_q_b.weight", "self_attn.q_b_proj.weight", NameChange.Same),
        ("attn_kv_a_mqa.weight", "self_attn.kv_a_proj_with_mqa.weight", NameChange.Same),
        ("attn_kv_a_norm.weight", "self_attn.kv_a_layernorm.weight", NameChange.Same),
        (KeysName, "self_attn.kv_b_proj.weight", NameChange.SplitKeyValue),
        ("attn_kv_b.weight", "self_attn.kv_b_proj.weight", NameChange.Same),
        ("ffn_gate.weight", "mlp.gate_proj.weight", NameChange.Same),
        ("ffn_gate.bias", "mlp.gate_proj.bias", NameChange.Same),
        ("ffn_up.weight", "mlp.up_proj.weight", NameChange.Same),
        ("ffn_up.bias", "mlp.up_proj.bias", NameChange.Same),
        ("ffn_down.weight", "mlp.down_proj.weight", NameChange.Same),
        ("ffn_down.bias", "mlp.down_proj.bias", NameChange.Same),
        ("ffn_gate_inp.weight", "mlp.gate.weight", NameChange.Same),
        ("exp_probs_b.bias", "mlp.gate.e_score_correction_bias", NameChange.Same),
        ("exp_probs_b", "mlp.gate.e_score_correction_bias", NameChange.Same),
        ("ffn_gate_exps.weight", "mlp.experts.E.gate_proj.weight", NameChange.Expert),
        ("ffn_up_exps.weight", "mlp.experts.E.up_proj.weight", NameChange.Expert),
        ("ffn_down_exps.weight", "mlp.experts.E.down_proj.weight", NameChange.Expert),
        ("ffn_gate.E.weight", "mlp.experts.E.gate_proj.weight", NameChange.Same),
        ("ffn_up.E.weight", "mlp.experts.E.up_proj.weight", NameChange.Same),
        ("ffn_down.E.weight", "mlp.experts.E.down_proj.weight", NameChange.Same),
        ("ffn_gate_inp_shexp.weight", "mlp.shared_expert_gate.weight", NameChange.Same),
        ("nextn.eh_proj.weight", "eh_proj.weight", NameChange.Same),
        ("nextn.enorm.weight", "enorm.weight", NameChange.Same),
        ("nextn.hnorm.weight", "hnorm.weight", NameChange.Same),
        ("nextn.embed_tokens.weight", "embed_tokens.weight", NameChange.Same),
        ("nextn.shared_head_norm.weight", "shared_head.norm.weight", NameChange.Same),
        ("nextn.shared_head_head.weight", "shared_head.head.weight", NameChange.Same),
    ];

    private static readonly string[] s_sharedParts = ["gate", "up", "down"];

    private readonly ILookup<string, (string Gguf, NameChange Change)> _toGguf;
    private readonly Dictionary<string, (string Published, NameChange Change)> _toPublished;

    /// <param name="architecture">The <c>general.architecture</c> of the file.</param>
    public GgufNames(string architecture)
    {
        string shared = architecture == "qwen2moe" ? "shared_expert" : "shared_experts";
        (string Gguf, string Published, NameChange Change)[] rows =
        [
            .. s_layer.Select(r => architecture != "llama" && r.Change is (NameChange.QueryRows or NameChange.KeyRows)
                ? r with { Change = NameChange.Same }
                : r),
            .. s_sharedParts.Select(p => ($"ffn_{p}_shexp.weight", $"mlp.{shared}.{p}_proj.weight", NameChange.Same)),
        ];
        _toGguf = rows.ToLookup(r => r.Published, r => (r.Gguf, r.Change));
        _toPublished = rows.ToDictionary(r => r.Gguf, r => (r.Published, r.Change));
    }

    /// <summary>Where a published tensor may stand; nowhere if its name is not known.</summary>
    public IEnumerable<GgufPlace> Find(string published)
    {
        foreach ((string gguf, string name) in s_whole)
        {
            if (name == published)
            {
                yield return new GgufPlace(gguf, NameChange.Same, 0);
            }
        }

        Match layer = PublishedLayer().Match(published);
        if (!layer.Success)
        {
            yield break;
        }

        Match expert = PublishedExpert().Match(layer.Groups["rest"].Value);
        string rest = expert.Success ? $"mlp.experts.E.{expert.Groups["rest"].Value}" : layer.Groups["rest"].Value;
        string number = expert.Groups["expert"].Value;
        foreach ((string gguf, NameChange change) in _toGguf[rest])
        {
            yield return new GgufPlace($"blk.{layer.Groups["layer"].Value}.{gguf.Replace(".E.", $".{number}.", StringComparison.Ordinal)}", change, expert.Success ? Number(number) : 0);
        }
    }

    /// <summary>
    /// The published name of a tensor in a file, with E for the expert where it stacks experts; null if the name is not known. Split values have none of their own.
    /// </summary>
    public (string Published, NameChange Change)? Invert(string gguf)
    {
        foreach ((string name, string published) in s_whole)
        {
            if (name == gguf)
            {
                return (published, NameChange.Same);
            }
        }

        Match layer = GgufLayer().Match(gguf);
        if (!layer.Success)
        {
            return null;
        }

        Match expert = GgufExpert().Match(layer.Groups["rest"].Value);
        string rest = expert.Success ? $"{expert.Groups["part"].Value}.E.weight" : layer.Groups["rest"].Value;
        if (!_toPublished.TryGetValue(rest, out (string Published, NameChange Change) found))
        {
            return null;
        }

        string suffix = expert.Success ? found.Published.Replace(".E.", $".{expert.Groups["expert"].Value}.", StringComparison.Ordinal) : found.Published;
        return ($"model.layers.{layer.Groups["layer"].Value}.{suffix}", found.Change);
    }

    /// <summary>Name of the values that were split from keys of that name.</summary>
    public static string ValuesOf(string keys) => keys.Replace(KeysName, ValuesName, StringComparison.Ordinal);

    /// <summary>For every published row of heads of size <paramref name="headDim"/> the row in the file (see <see cref="NameChange.QueryRows"/>).</summary>
    public static int[] InterleavedRows(int rows, int headDim)
    {
        int half = headDim / 2;
        return [.. Enumerable.Range(0, rows).Select(r => (r / headDim * headDim) + (2 * (r % headDim % half)) + (r % headDim / half))];
    }

    private static int Number(string digits) => int.TryParse(digits, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;

    [GeneratedRegex(@"^model\.layers\.(?<layer>\d+)\.(?<rest>.+)$")]
    private static partial Regex PublishedLayer();

    [GeneratedRegex(@"^mlp\.experts\.(?<expert>\d+)\.(?<rest>.+)$")]
    private static partial Regex PublishedExpert();

    [GeneratedRegex(@"^blk\.(?<layer>\d+)\.(?<rest>.+)$")]
    private static partial Regex GgufLayer();

    [GeneratedRegex(@"^(?<part>ffn_(gate|up|down))\.(?<expert>\d+)\.weight$")]
    private static partial Regex GgufExpert();
}
