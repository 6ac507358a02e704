using Razum.Tensors.Checkpoints;
using Razum.Text.Parsers;

namespace Razum.Inference;

/// <summary>A prompt and how to continue it.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt's tokens, beginning-of-text included where the model wants it.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The most tokens to generate; null means as many as the context has room for.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the answer; they are not part of it. Looked for in everything the model writes, its reasoning included.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Tokens that end the answer besides the model's own; their text is not part of it.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Whether the model's own ending tokens are tokens like any other.</summary>
    public bool IgnoreEndTokens { get; init; }

    /// <summary>Whether the prompt ends inside an opened <c>&lt;think&gt;</c>.</summary>
    public bool StartsInReasoning { get; init; }

    /// <summary>How calls of tools are written that are to be told from the answer's text; none where no tools were offered.</summary>
    public ToolCallFormat ToolCalls { get; init; }

    /// <summary>Whether the answer comes as one piece when it is complete, rather than as it is written: less work where nobody reads along.</summary>
    public bool Collected { get; init; }

    /// <summary>Whether the answer comes with the experts that its tokens and those of the prompt went to; the engine must have been made for it.</summary>
    public bool RecordRouting { get; init; }

    /// <summary>Name of the adapter to answer with, one of <see cref="ModelInfo.Adapters"/>; null for the model as it is loaded.</summary>
    public string? Adapter { get; init; }

    /// <summary>How the next tokens are guessed; null for the engine's way.</summary>
    public SpeculationKind? Speculation { get; init; }

    /// <summary>The most guesses at a time; null for the engine's number.</summary>
    public int? DraftLength { get; init; }

    /// <exception cref="ArgumentException">Something in the request means nothing to <paramref name="model"/>; one line says what.</exception>
    public void Validate(ModelInfo model)
    {
        if (Prompt.Count == 0)
        {
            throw new ArgumentException("the prompt is empty");
        }

        if (Prompt.Count >= model.ContextLength)
        {
            throw new ArgumentException($"the prompt has {Prompt.Count} tokens; the context of {model.Name} is {model.ContextLength}");
        }

        for (int i = 0; i < Prompt.Count; i++)
        {
            CheckToken("prompt", i, Prompt[i], model);
        }

        for (int i = 0; i < StopTokens.Count; i++)
        {
            CheckToken(nameof(StopTokens), i, StopTokens[i], model);
        }

        if (MaxTokens < 1)
        {
            throw new ArgumentException($"MaxTokens {MaxTokens} must be at least 1");
        }

        if (DraftLength is < 1 or > EngineOptions.MaxDraftLength)
        {
            throw new ArgumentException($"DraftLength {DraftLength} must be between 1 and {EngineOptions.MaxDraftLength}");
        }

        for (int i = 0; i < StopStrings.Count; i++)
        {
            if (string.IsNullOrEmpty(StopStrings[i]))
            {
                throw new ArgumentException($"StopStrings: text {i} is empty");
            }
        }

        if (Adapter is not null && model.NumberOf(Adapter) < 0)
        {
            string known = model.Adapters.Count == 0 ? "no adapters to choose from" : "the adapters " + string.Join(", ", model.Adapters);
            throw new ArgumentException($"adapter {OneLine.Quote(Adapter)}: {model.Name} has {known}");
        }

        Sampling.Validate(model.VocabSize);
    }

    private static void CheckToken(string list, int index, int token, ModelInfo model)
    {
        if ((uint)token >= (uint)model.VocabSize)
        {
            throw new ArgumentException($"{list}: token {token} at position {index} is not below the {model.VocabSize} tokens of {model.Name}");
        }
    }
}
