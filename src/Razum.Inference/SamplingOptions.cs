using System.Globalization;

namespace Razum.Inference;

/// <summary>
/// How the tokens of one request are chosen. Steps apply in this order (vLLM's): logit bias, repetition penalty over prompt and output, frequency and
/// presence penalties over the output, temperature, min-p, top-k, top-p, draw. The defaults draw from the model's own distribution.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>The most alternatives a request may ask for with <see cref="TopLogprobs"/>.</summary>
    public const int MaxTopLogprobs = 64;

    /// <summary>Logits are divided by this; 0 takes the largest (equal ones: the lowest id).</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps exactly this many of the most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the shortest run of most probable tokens whose probabilities sum to at least this; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this many times as probable as the most probable one; 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>Positive logits of tokens seen in prompt or output are divided by this, others multiplied; 1 changes nothing.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted once from the logit of every token of the output.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from the logit of a token as often as it is in the output.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of single tokens; minus infinity bans one.</summary>
    public IReadOnlyDictionary<int, double>? LogitBias { get; init; }

    /// <summary>Fixes all draws; null takes a new one for every request.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether the log-probability of every chosen token is reported: natural logarithm, of the model's own distribution before any step.</summary>
    public bool Logprobs { get; init; }

    /// <summary>
    /// Whether reported log-probabilities are those at <see cref="Temperature"/>, softmax(logits / T): what a policy that samples at T is trained with.
    /// Other steps still do not count. At temperature 0 there is no such distribution.
    /// </summary>
    public bool TemperedLogprobs { get; init; }

    /// <summary>
    /// Whether every token comes with the tokens that it was drawn from (<see cref="GeneratedToken.Set"/>). Log-probabilities, which this implies, are then
    /// those of that draw: at <see cref="Temperature"/>, and among these tokens alone. Bias and penalties count only in which tokens those are.
    /// </summary>
    public bool RecordSets { get; init; }

    /// <summary>How many of the most probable tokens are reported beside the chosen one. More than 0 implies <see cref="Logprobs"/>.</summary>
    public int TopLogprobs { get; init; }

    /// <summary>Always the most probable token.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>Whether log-probabilities have to be computed.</summary>
    internal bool WantsLogprobs => Logprobs || RecordSets || TopLogprobs > 0;

    /// <summary>Checks every option; <paramref name="vocabSize"/> bounds the ids of <see cref="LogitBias"/>.</summary>
    /// <exception cref="ArgumentException">An option has a value that means nothing; the message names option and value.</exception>
    public void Validate(int vocabSize)
    {
        Require(double.IsFinite(Temperature) && Temperature >= 0, nameof(Temperature), Temperature, "must be a finite number of at least 0");
        Require(TopK >= 0, nameof(TopK), TopK, "must be at least 0 (0 keeps all tokens)");
        Require(TopP is >= 0 and <= 1, nameof(TopP), TopP, "must be between 0 and 1");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "must be between 0 and 1");
        Require(double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, nameof(RepetitionPenalty), RepetitionPenalty, "must be a finite number above 0");
        Require(double.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "must be a finite number");
        Require(double.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "must be a finite number");
        Require(!(TemperedLogprobs || RecordSets) || Temperature > 0, nameof(Temperature), Temperature, "has no tempered log-probabilities");
        Require(TopLogprobs is >= 0 and <= MaxTopLogprobs, nameof(TopLogprobs), TopLogprobs, $"must be between 0 and {MaxTopLogprobs}");
        foreach ((int token, double bias) in LogitBias ?? new Dictionary<int, double>())
        {
            Require((uint)token < (uint)vocabSize, nameof(LogitBias), token, $"is not a token id below {vocabSize}");
            Require(double.IsFinite(bias) || double.IsNegativeInfinity(bias), nameof(LogitBias), bias, $"for token {token} must be finite or minus infinity");
        }
    }

    private static void Require(bool condition, string option, double value, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{option} {value} {rule}"));
        }
    }
}
