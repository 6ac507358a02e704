namespace Razum.Tensors;

/// <summary>How rotary frequencies are changed for long contexts (architecture notes 1.3). Values keep the names of <c>rope_scaling</c>.</summary>
public abstract record RopeScaling
{
    /// <summary>All frequencies divided by the factor.</summary>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>Every frequency divided by a number of its own (<c>rope_freqs.weight</c> of GGUF files). [dim / 2]</summary>
    public sealed record Factors(IReadOnlyList<float> Values) : RopeScaling
    {
        /// <summary>The highest frequency that <see cref="Llama3"/> changes, as every release has it.</summary>
        private const double HighFreqFactor = 4;

        /// <summary>How near factors must be to those of a formula to count as made by it.</summary>
        private const double Tolerance = 1e-4;

        /// <summary>The factors of another scaling.</summary>
        public static Factors Of(int dim, double theta, Llama3 scaling)
        {
            double[] plain = RopeFrequencies.Compute(dim, theta, null), changed = RopeFrequencies.Compute(dim, theta, scaling);
            return new Factors([.. plain.Zip(changed, (p, c) => (float)(p / c))]);
        }

        /// <summary>
        /// The scaling of Llama 3.1 that gives these factors, or null: the factor is the largest, and of the frequencies on the ramp each tells the original context.
        /// </summary>
        public Llama3? ToLlama3(int dim, double theta)
        {
            double factor = Math.Round(Values.Max(), 3);
            double[] plain = RopeFrequencies.Compute(dim, theta, null);
            for (int i = 0; i < Values.Count; i++)
            {
                // 1 / f = (1 - s) / factor + s on the ramp, s = (context / wavelength - 1) / (high - 1).
                double s = ((1 / Values[i]) - (1 / factor)) / (1 - (1 / factor));
                double context = (1 + (s * (HighFreqFactor - 1))) * 2 * Math.PI / plain[i];
                if (s is <= 0 or >= 1 || !double.IsFinite(context) || context > int.MaxValue)
                {
                    continue;
                }

                var scaling = new Llama3(factor, 1, HighFreqFactor, (int)Math.Round(context));
                return Of(dim, theta, scaling).Values.Zip(Values, (a, b) => Math.Abs(a - b)).Max() < Tolerance * factor ? scaling : null;
            }

            return null;
        }
    }

    /// <summary>Llama 3.1: low frequencies divided, high ones kept, a ramp between.</summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling;

    /// <summary>YaRN (arXiv 2309.00071) as DeepSeek uses it.</summary>
    public sealed record Yarn(
        double Factor, double BetaFast, double BetaSlow, double Mscale, double MscaleAllDim, int OriginalMaxPositionEmbeddings, double? AttentionFactor) : RopeScaling;
}
