namespace Razum.Text;

/// <summary>How a conversation becomes a prompt.</summary>
public sealed record ChatOptions
{
    /// <summary>End with the beginning of an assistant's turn, for the model to go on.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Let the model think before it answers, if its format has a way to say so.</summary>
    public bool Thinking { get; init; } = true;
}
