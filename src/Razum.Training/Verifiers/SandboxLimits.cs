namespace Razum.Training.Verifiers;

/// <summary>What a program may use up in one test.</summary>
internal sealed record SandboxLimits
{
    /// <summary>Statements executed: the limit that decides, the same on every machine.</summary>
    public int Statements { get; init; } = 1_000_000;

    /// <summary>Bytes allocated on its thread.</summary>
    public long MemoryBytes { get; init; } = 32 << 20;

    /// <summary>Depth of calls.</summary>
    public int Recursion { get; init; } = 200;

    /// <summary>A guard against what the other limits do not catch; running into it is an error, not a verdict.</summary>
    public TimeSpan Clock { get; init; } = TimeSpan.FromSeconds(10);
}
