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
        Enum.GetValues<InstructionSet>().Where(set => Missing(set) is null).ToArray();

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

    /// <summary>Why a set does not run here, in words for a person; null where it does.</summary>
    public static string? Missing(InstructionSet set) => set switch
    {
        InstructionSet.Jit when MachineCode.Unavailable is { } reason => reason,
        InstructionSet.Jit when !CpuFeatures.Avx512Vnni && !CpuFeatures.Avx512BFloat16 => "the processor has neither AVX512_VNNI nor AVX512_BF16",
        InstructionSet.Avx512 when !(Avx512F.IsSupported && Avx512BW.IsSupported) => "the processor has no AVX512F and AVX512BW",
        InstructionSet.Avx2 when !(Avx2Isa.IsSupported && Fma.IsSupported) => "the processor has no AVX2 and FMA",
        InstructionSet.Neon when !(AdvSimd.IsSupported || Fma.IsSupported) => "the processor has neither AdvSimd nor FMA",
        _ => null,
    };
}
