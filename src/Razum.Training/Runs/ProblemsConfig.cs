using Razum.Training.Data.Files;

namespace Razum.Training.Runs;

/// <summary>Problems from files, in a stage of reinforcement learning.</summary>
public sealed record ProblemsConfig
{
    /// <summary>Files or folders.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>A published set whose layout the files have; null where <see cref="Columns"/> say what to read.</summary>
    public string? Set { get; init; }

    /// <summary>Columns of prompt and answer.</summary>
    public ConversationColumns Columns { get; init; } = new();

    /// <summary>What follows every prompt: the form in which the answer is wanted. Null for the set's own, or nothing.</summary>
    public string? Directive { get; init; }

    /// <summary>How often they are drawn, relative to families and other files.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Share that is never trained on but evaluated.</summary>
    public double HeldOut { get; init; }

    /// <summary>Their row in reports of accuracy, and the first word of what their pass rates are kept under.</summary>
    public string Name => Set ?? Path.GetFileNameWithoutExtension(Files[0].TrimEnd('/', '\\'));
}
