namespace Razum.Tensors;

/// <summary>How rotary frequencies are changed for long contexts (architecture notes 1.3). Values keep the names of <c>rope_scaling</c>.</summary>
public abstract record RopeScaling
{
    /// <summary>All frequencies divided by the factor.</summary>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>Every frequency divided by a number of its own (<c>rope_freqs.weight</c> of GGUF files). [dim / 2]</summary>
    public sealed record Factors(IReadOnlyList<float> Values) : RopeScaling;

    /// <summary>Llama 3.1: low frequencies divided, high ones kept, a ramp between.</summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling;

    /// <summary>YaRN (arXiv 2309.00071) as DeepSeek uses it.</summary>
    public sealed record Yarn(
        double Factor, double BetaFast, double BetaSlow, double Mscale, double MscaleAllDim, int OriginalMaxPositionEmbeddings, double? AttentionFactor) : RopeScaling;
}
