using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>Machine code that makes operands for <see cref="PairTile"/>: rows of F32 rounded to BF16, and rows of BF16 interleaved to pairs.</summary>
internal static unsafe class PairRounding
{
    /// <summary>Rounds with <c>vcvtneps2bf16</c>: to nearest, ties to even, denormals to zeros. Takes <see cref="RoundArguments"/>.</summary>
    internal static void* RoundEntry() => MachineCode.Entry("bf16 round", 0, EmitRound);

    /// <summary>Interleaves 32 columns of neighbouring rows. Takes <see cref="InterleaveArguments"/>.</summary>
    internal static void* InterleaveEntry() => MachineCode.Entry("bf16 interleave", 0, EmitInterleave);

    private static void EmitRound(Assembler a, int shape)
    {
        Label loop = a.CreateLabel();
        Label tail = a.CreateLabel();
        Label done = a.CreateLabel();
        a.mov(rax, __qword_ptr[rdi]);
        a.mov(rbx, __qword_ptr[rdi + 8]);
        a.mov(rcx, __qword_ptr[rdi + 16]);
        a.test(rcx, rcx);
        a.jz(tail);
        a.Label(ref loop);
        a.vcvtneps2bf16(ymm0, __zmmword_ptr[rax]);
        a.vmovups(__ymmword_ptr[rbx], ymm0);
        a.add(rax, 64);
        a.add(rbx, 32);
        a.dec(rcx);
        a.jnz(loop);

        a.Label(ref tail);
        a.mov(edx, __dword_ptr[rdi + 28]);
        a.test(edx, edx);
        a.jz(done);
        a.mov(ecx, __dword_ptr[rdi + 24]);
        a.kmovw(k1, ecx);
        a.vmovups(zmm0.k1.z, __zmmword_ptr[rax]);
        a.vcvtneps2bf16(ymm0, zmm0);
        a.vmovups(__ymmword_ptr[rbx], ymm0);
        a.dec(edx);
        a.jz(done);
        a.vpxord(zmm0, zmm0, zmm0);
        a.vmovups(__ymmword_ptr[rbx + 32], ymm0);
        a.Label(ref done);
    }

    private static void EmitInterleave(Assembler a, int shape)
    {
        Label loop = a.CreateLabel();
        a.mov(rax, __qword_ptr[rdi]);
        a.mov(rbx, __qword_ptr[rdi + 8]);
        a.mov(rcx, __qword_ptr[rdi + 16]);
        a.mov(rdx, __qword_ptr[rdi + 24]);
        a.mov(rsi, __qword_ptr[rdi + 32]);
        a.mov(r8, __qword_ptr[rdi + 40]);
        a.vmovups(zmm4, __zmmword_ptr[r8]);
        a.vmovups(zmm5, __zmmword_ptr[r8 + 64]);
        a.Label(ref loop);
        a.vmovups(zmm0, __zmmword_ptr[rax]);
        a.vmovups(zmm1, __zmmword_ptr[rbx]);
        a.vmovdqa64(zmm2, zmm4);
        a.vmovdqa64(zmm3, zmm5);
        a.vpermi2w(zmm2, zmm0, zmm1);
        a.vpermi2w(zmm3, zmm0, zmm1);
        a.vmovups(__zmmword_ptr[rsi], zmm2);
        a.vmovups(__zmmword_ptr[rsi + 64], zmm3);
        a.add(rax, rcx);
        a.add(rbx, rcx);
        a.add(rsi, 128);
        a.dec(rdx);
        a.jnz(loop);
    }
}

/// <summary>A row of F32 and where its BF16 values go, in blocks of 16: whole ones, then (for <c>Rest</c> > 0) one whose values beyond the mask are 0, then (for 2) zeros.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RoundArguments
{
    internal float* Source;
    internal ushort* Target;
    internal nint Blocks;
    internal uint Mask;
    internal uint Rest;
}

/// <summary>Pairs of rows, <c>Step</c> bytes from one pair to the next, to a panel; <c>Order</c> points to the 64 lane numbers of the interleaving.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InterleaveArguments
{
    internal ushort* Even;
    internal ushort* Odd;
    internal nint Step;
    internal nint Pairs;
    internal byte* Target;
    internal ushort* Order;
}
