using Razum.Tensors.Machine;
using Razum.Tensors.Simd;

namespace Razum.Training.Speed;

/// <summary>What was measured of a model, and the peaks of the machine in the same process.</summary>
public sealed record BenchmarkReport
{
    /// <summary>Name of the model or shape.</summary>
    public required string Model { get; init; }

    /// <summary>Parameters, multi-token prediction included.</summary>
    public required long Parameters { get; init; }

    /// <summary>Those of matrices that a token meets.</summary>
    public required double ActiveParameters { get; init; }

    /// <summary>Bytes of all weights as they are stored.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>With what prompts and generation are computed.</summary>
    public required ComputePath Path { get; init; }

    public required InstructionSet InstructionSet { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Medians of the peaks measured around all work.</summary>
    public required MachinePeaks Peaks { get; init; }

    public required IReadOnlyList<Measurement> Measurements { get; init; }

    /// <summary>Why a training step was not measured; null if it was, or was not asked for.</summary>
    public string? WithoutTraining { get; init; }
}
