using Razum.Tensors.Simd;

namespace Razum.Tensors.SelfTest;

/// <summary>How one case of a kernel went on one instruction set with weights in one format.</summary>
/// <param name="Kernel">The kernel's class.</param>
/// <param name="Case">The operation and what is special about the case.</param>
/// <param name="Set">Vector instructions.</param>
/// <param name="Format">Format of the matrices.</param>
/// <param name="Arithmetic">What products are computed in.</param>
public sealed record SelfTestResult(string Kernel, string Case, InstructionSet Set, WeightFormat Format, Arithmetic Arithmetic = Arithmetic.F32)
{
    /// <summary>Worst error of a value, relative to the largest of its row and 1.</summary>
    public double Error { get; init; }

    /// <summary>The most that <see cref="Error"/> may be.</summary>
    public double Tolerance { get; init; }

    /// <summary>Worst error of a gradient, relative to the largest of its tensor and 1; null where none was checked.</summary>
    public double? GradientError { get; init; }

    /// <summary>The most that <see cref="GradientError"/> may be.</summary>
    public double GradientTolerance { get; init; }

    /// <summary>What went wrong besides wrong values; null for nothing.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether all values are near enough. NaN is not.</summary>
    public bool Passed => Failure is null && Error <= Tolerance && (GradientError is not { } gradient || gradient <= GradientTolerance);

    public override string ToString()
    {
        string values = FormattableString.Invariant($"error {Error:g2} (at most {Tolerance:g2})");
        string gradients = GradientError is null ? "" : FormattableString.Invariant($", of gradients {GradientError:g2} (at most {GradientTolerance:g2})");
        return $"{Kernel}: {Case}, {Set}, {Format}, products in {Arithmetic}: {Failure ?? values + gradients}";
    }
}
