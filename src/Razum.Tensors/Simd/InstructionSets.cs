using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Razum.Tensors.Jit;
using Avx2Isa = System.Runtime.Intrinsics.X86.Avx2;

namespace Razum.Tensors.Simd;

/// <summary>Which instruction sets this processor offers and which one is used by default.</summary>
public static class InstructionSets
{
    /// <summary>All sets that run on this processor, narrowest first. 128-bit code (<see cref="InstructionSet.Neon"/>) also runs on x86-64 with FMA.</summary>
    public static IReadOnlyList<InstructionSet> Supported { get; } =
        Enum.GetValues<InstructionSet>().Where(IsSupported).ToArray();

    /// <summary>The set named by the environment variable <c>RAZUM_KERNELS</c> (scalar, neon, avx2, avx512, jit), else the widest supported one.</summary>
    /// <exception cref="InvalidDataException">The variable names a set that does not exist or that this processor lacks.</exception>
    public static InstructionSet Default
    {
        get
        {
            string? name = Environment.GetEnvironmentVariable("RAZUM_KERNELS");
            if (string.IsNullOrEmpty(name))
            {
                return Supported[^1];
            }

            if (!Enum.TryParse(name, ignoreCase: true, out InstructionSet set) || !Supported.Contains(set))
            {
                throw new InvalidDataException(
                    $"RAZUM_KERNELS: '{name}' is not one of this processor's instruction sets: {string.Join(", ", Supported).ToLowerInvariant()}");
            }

            return set;
        }
    }

    private static bool IsSupported(InstructionSet set) => set switch
    {
        InstructionSet.Jit => (CpuFeatures.Avx512Vnni || CpuFeatures.Avx512BFloat16) && MachineCode.Unavailable is null,
        InstructionSet.Avx512 => Avx512F.IsSupported && Avx512BW.IsSupported,
        InstructionSet.Avx2 => Avx2Isa.IsSupported && Fma.IsSupported,
        InstructionSet.Neon => AdvSimd.IsSupported || Fma.IsSupported,
        _ => true,
    };
}
