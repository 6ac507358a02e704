namespace Razum.Inference.Sampling;

/// <summary>
/// Repetition, frequency and presence penalties. For a token of prompt or output: x = x * r if x is at most 0, else x / r. Then for a token that is
/// n > 0 times in the output: x = x - n * frequency - presence (OpenAI's and vLLM's reach: the output only).
/// </summary>
internal static class Penalties
{
    public static bool Change(SamplingOptions options) =>
        options.RepetitionPenalty != 1 || options.PresencePenalty != 0 || options.FrequencyPenalty != 0;

    public static void Apply(Span<double> logits, TokenCounts counts, SamplingOptions options)
    {
        double repetition = options.RepetitionPenalty;
        foreach (int token in counts.Distinct)
        {
            double x = logits[token];
            x = x <= 0 ? x * repetition : x / repetition;
            int times = counts.InOutput(token);
            logits[token] = times > 0 ? x - ((times * options.FrequencyPenalty) + options.PresencePenalty) : x;
        }
    }
}
