using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// A loop of nothing but one multiply-add instruction on registers, for measuring what a core can do at most. 24 chains hide any latency;
/// the multiplicands are zeros, which cost these instructions no less time than other values.
/// </summary>
internal static unsafe class PeakLoop
{
    private const int Chains = 24;

    /// <summary>Operations (2 per multiply-add) of one round of <see cref="BFloat16"/>.</summary>
    internal const double BFloat16Operations = Chains * 64.0;

    /// <summary>Operations (2 per multiply-add) of one round of <see cref="Int8"/>.</summary>
    internal const double Int8Operations = Chains * 128.0;

    /// <summary>Runs <c>vdpbf16ps</c> on 512-bit registers, <paramref name="rounds"/> times 24.</summary>
    internal static void BFloat16(long rounds) => Run("peak bf16", rounds, (a, target) => a.vdpbf16ps(target, zmm30, zmm31));

    /// <summary>Runs <c>vpdpbusd</c> on 512-bit registers, <paramref name="rounds"/> times 24.</summary>
    internal static void Int8(long rounds) => Run("peak int8", rounds, (a, target) => a.vpdpbusd(target, zmm30, zmm31));

    private static void Run(string kind, long rounds, Action<Assembler, AssemblerRegisterZMM> instruction)
    {
        void* entry = MachineCode.Entry(kind, Chains, (a, chains) =>
        {
            Label loop = a.CreateLabel();
            a.mov(rcx, __qword_ptr[rdi]);
            for (int i = 0; i < 32; i++)
            {
                AssemblerRegisterZMM register = Registers.Zmm(i);
                a.vpxord(register, register, register);
            }

            a.Label(ref loop);
            for (int i = 0; i < chains; i++)
            {
                instruction(a, Registers.Zmm(i));
            }

            a.dec(rcx);
            a.jnz(loop);
        });
        ((delegate* unmanaged<long*, void>)entry)(&rounds);
    }
}
