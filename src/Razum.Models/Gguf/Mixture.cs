using System.Globalization;
using System.Text.RegularExpressions;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>
/// A named choice of types for the tensors of a file, as llama.cpp makes it: <c>Q4_K_M</c> is mostly Q4_K, with more bits for values, for what leads out of
/// the feed-forward in some layers, and for the head. Rows that are not whole blocks of 256 get a type of blocks of 32.
/// </summary>
public sealed partial class Mixture
{
    private const string HeadName = "output.weight";
    private const string EmbeddingName = "token_embd.weight";

    private static readonly Mixture[] s_all =
    [
        new("F32", GgmlType.F32, 0), new("F16", GgmlType.F16, 1), new("BF16", GgmlType.BF16, 32), new("Q8_0", GgmlType.Q8_0, 7),
        new("Q6_K", GgmlType.Q6_K, 18), new("Q5_K_M", GgmlType.Q5_K, 17), new("Q5_K_S", GgmlType.Q5_K, 16), new("Q5_1", GgmlType.Q5_1, 9),
        new("Q5_0", GgmlType.Q5_0, 8), new("Q4_K_M", GgmlType.Q4_K, 15), new("Q4_K_S", GgmlType.Q4_K, 14), new("Q4_1", GgmlType.Q4_1, 3),
        new("Q4_0", GgmlType.Q4_0, 2), new("IQ4_NL", GgmlType.IQ4_NL, 25), new("IQ4_XS", GgmlType.IQ4_XS, 30), new("MXFP4_MOE", GgmlType.MXFP4, 38),
        new("Q3_K_L", GgmlType.Q3_K, 13), new("Q3_K_M", GgmlType.Q3_K, 12), new("Q3_K_S", GgmlType.Q3_K, 11), new("Q2_K", GgmlType.Q2_K, 10),
    ];

    private Mixture(string name, GgmlType main, int fileType) => (Name, Main, FileType) = (name, main, fileType);

    /// <summary>All mixtures, finest first.</summary>
    public static IReadOnlyList<Mixture> All => s_all;

    public string Name { get; }

    /// <summary>The type of most tensors.</summary>
    public GgmlType Main { get; }

    /// <summary>The number that files carry as <c>general.file_type</c>.</summary>
    public int FileType { get; }

    /// <summary>The mixture of that name, in whatever case; null if there is none.</summary>
    public static Mixture? Find(string name) => Array.Find(s_all, m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The type of a tensor in a file of this mixture.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="config">The model; what matters is its layers, experts and heads.</param>
    public GgmlType TypeOf(GgufRows tensor, ModelConfig config)
    {
        if (tensor.Dims.Count < 2 || IsKept(tensor.Name) || tensor.Type.Format() is null)
        {
            return tensor.Type.Format() is null ? tensor.Type : GgmlType.F32;
        }

        GgmlType type = Main is GgmlType.F32 or GgmlType.F16 or GgmlType.BF16 ? Main : Preferred(tensor, config);
        return Fitting(type, tensor.Columns);
    }

    /// <summary>What decides more than it weighs: norms, routers.</summary>
    private static bool IsKept(string name) =>
        name.EndsWith("_norm.weight", StringComparison.Ordinal) || name.Contains("ffn_gate_inp", StringComparison.Ordinal) || !name.EndsWith(".weight", StringComparison.Ordinal);

    private static GgmlType Fitting(GgmlType type, int columns)
    {
        if (columns % type.BlockSize() == 0)
        {
            return type;
        }

        GgmlType small = type switch
        {
            GgmlType.Q4_K => GgmlType.Q5_0,
            GgmlType.Q5_K => GgmlType.Q5_1,
            GgmlType.Q6_K => GgmlType.Q8_0,
            GgmlType.Q2_K or GgmlType.Q3_K or GgmlType.IQ4_XS => GgmlType.IQ4_NL,
            _ => GgmlType.F16,
        };
        return columns % small.BlockSize() == 0 ? small : GgmlType.F16;
    }

    private GgmlType Preferred(GgufRows tensor, ModelConfig config)
    {
        bool isHead = tensor.Name == HeadName || (config.TieWordEmbeddings && tensor.Name == EmbeddingName);
        if (Main == GgmlType.MXFP4)
        {
            return tensor.Dims.Count > 2 && tensor.Name.Contains("_exps", StringComparison.Ordinal) ? GgmlType.MXFP4 : GgmlType.Q8_0;
        }

        if (isHead)
        {
            return Main == GgmlType.Q8_0 || tensor.Columns % GgmlType.Q6_K.BlockSize() != 0 ? GgmlType.Q8_0 : GgmlType.Q6_K;
        }

        Match match = Layered().Match(tensor.Name);
        if (!match.Success)
        {
            return Main;
        }

        int layer = int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture);
        int layers = config.NumHiddenLayers + config.NumNextnPredictLayers;
        bool eight = config.Moe?.Router.Experts == 8; // so few experts leave attention small: it may have more bits
        return match.Groups["part"].Value switch
        {
            "attn_v" or "attn_kv_b" => eight ? GgmlType.Q8_0 : Values(layer, layers, config),
            "attn_k" when eight => GgmlType.Q8_0,
            "attn_output" => Output(eight),
            "ffn_down" or "ffn_down_exps" or "ffn_down_shexp" => Down(layer, layers),
            _ => Main,
        };
    }

    /// <summary>The first and last eighth of the layers, and every third of the others.</summary>
    private static bool HasMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - (layers / 8)) % 3 == 2;

    private GgmlType Values(int layer, int layers, ModelConfig config)
    {
        bool shared = config.Attention is GqaConfig gqa && gqa.NumAttentionHeads / gqa.NumKeyValueHeads >= 4;
        return Name switch
        {
            "Q4_K_M" or "Q5_K_M" when HasMoreBits(layer, layers) => GgmlType.Q6_K,
            "Q4_K_S" when layer < 4 => GgmlType.Q5_K,
            "IQ4_NL" or "IQ4_XS" when shared => GgmlType.Q5_K,
            "Q3_K_L" => GgmlType.Q5_K,
            "Q3_K_M" => layer < 2 ? GgmlType.Q5_K : GgmlType.Q4_K,
            "Q2_K" => shared ? GgmlType.Q4_K : GgmlType.Q3_K,
            _ => Main,
        };
    }

    private GgmlType Output(bool eight) => Name switch
    {
        "Q2_K" or "Q3_K_S" or "Q3_K_M" or "Q4_K_S" or "Q4_K_M" or "IQ4_NL" or "IQ4_XS" when eight => GgmlType.Q5_K,
        "Q2_K" => GgmlType.Q3_K,
        "Q3_K_M" => GgmlType.Q4_K,
        "Q3_K_L" => GgmlType.Q5_K,
        _ => Main,
    };

    private GgmlType Down(int layer, int layers) => Name switch
    {
        "Q4_K_M" or "Q5_K_M" when HasMoreBits(layer, layers) => GgmlType.Q6_K,
        "Q4_K_S" or "IQ4_NL" or "IQ4_XS" when layer < layers / 8 => GgmlType.Q5_K,
        "Q3_K_L" => GgmlType.Q5_K,
        "Q3_K_M" => layer < layers / 16 ? GgmlType.Q5_K : GgmlType.Q4_K,
        "Q2_K" => GgmlType.Q3_K,
        _ => Main,
    };

    [GeneratedRegex(@"^blk\.(?<layer>\d+)\.(?<part>[a-z_]+)\.weight$")]
    private static partial Regex Layered();
}
