using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// The one place that knows how machine code is called. Every kernel takes one pointer, to a struct of its arguments, and returns nothing.
/// Between <see cref="Enter"/> and <see cref="Leave"/> that pointer is in rdi, and every register except rsp may be overwritten,
/// on Linux and macOS (System V) as on Windows, where rdi, rsi and xmm6 to xmm15 belong to the caller.
/// </summary>
internal static class CallingConvention
{
    private static readonly AssemblerRegister64[] s_saved =
        OperatingSystem.IsWindows() ? [rbx, rbp, r12, r13, r14, r15, rdi, rsi] : [rbx, rbp, r12, r13, r14, r15];

    private static readonly AssemblerRegisterXMM[] s_savedVectors =
        OperatingSystem.IsWindows() ? [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15] : [];

    internal static void Enter(Assembler a)
    {
        foreach (AssemblerRegister64 register in s_saved)
        {
            a.push(register);
        }

        if (s_savedVectors.Length > 0)
        {
            a.sub(rsp, 16 * s_savedVectors.Length);
            for (int i = 0; i < s_savedVectors.Length; i++)
            {
                a.vmovups(__xmmword_ptr[rsp + (16 * i)], s_savedVectors[i]);
            }

            a.mov(rdi, rcx);
        }
    }

    internal static void Leave(Assembler a)
    {
        a.vzeroupper();
        if (s_savedVectors.Length > 0)
        {
            for (int i = 0; i < s_savedVectors.Length; i++)
            {
                a.vmovups(s_savedVectors[i], __xmmword_ptr[rsp + (16 * i)]);
            }

            a.add(rsp, 16 * s_savedVectors.Length);
        }

        for (int i = s_saved.Length - 1; i >= 0; i--)
        {
            a.pop(s_saved[i]);
        }

        a.ret();
    }
}
