namespace Razum.Training.Speed;

/// <summary>Work that can be done again and again, and what it costs, counted.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Path">What it is computed with.</param>
/// <param name="Tokens">Tokens each time.</param>
/// <param name="Operations">Operations each time.</param>
/// <param name="Bytes">Bytes of weights and cache read each time.</param>
/// <param name="Run">Does it once.</param>
internal sealed record Workload(string Name, ComputePath Path, double Tokens, double Operations, double Bytes, Func<CancellationToken, Task> Run);
