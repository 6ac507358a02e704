namespace Razum.Text;

/// <summary>How a conversation becomes a prompt.</summary>
public sealed record ChatOptions
{
    /// <summary>End with the beginning of an assistant's turn, for the model to go on.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Let the model think before it answers, if its format has a way to say so.</summary>
    public bool Thinking { get; init; } = true;

    /// <summary>The tools the model may call: a JSON array of their descriptions; null = none.</summary>
    public string? Tools { get; init; }

    /// <summary>Further variables of the checkpoint's template: a JSON object; null = none.</summary>
    public string? Variables { get; init; }

    /// <summary>The time a template may write into its prompt; null = now.</summary>
    public DateTime? Now { get; init; }
}
