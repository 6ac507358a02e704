namespace Razum.Training.Loop;

/// <summary>What a run has cost, interruptions left out.</summary>
/// <param name="CoreHours">Processors used times hours.</param>
/// <param name="Flops">Floating-point operations, counted from the shapes of the work.</param>
/// <param name="Tokens">Tokens trained on or generated.</param>
public readonly record struct Cost(double CoreHours, double Flops, long Tokens)
{
    /// <summary>The cost and that of more work.</summary>
    public Cost Plus(double coreHours, double flops, long tokens) => new(CoreHours + coreHours, Flops + flops, Tokens + tokens);
}
