using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// The innermost loop of BF16 products, with <c>vdpbf16ps</c>: R rows of A times a panel of 32 columns of B, 2 R accumulators of 16 lanes. An element is one
/// chain over the pairs, ascending (for each pair the odd element first, then the even one, both fused, denormals as zeros): its bits depend on neither R
/// nor the place of the row. A lies by rows (neighbouring pairs side by side) or in panels [pairs][32][2] (neighbouring rows side by side).
/// </summary>
internal static unsafe class PairTile
{
    /// <summary>Rows of a tile at most: 24 accumulators, two vectors of B, and registers for broadcast pairs of A.</summary>
    internal const int MaxRows = 12;

    private const int Unrolled = 4;
    private const int PanelStep = 128;

    /// <summary>Whether this machine runs the kernels for BF16.</summary>
    internal static bool IsSupported => CpuFeatures.Avx512BFloat16 && MachineCode.Unavailable is null;

    /// <summary>The kernel for tiles of <paramref name="rows"/> rows: <c>delegate* unmanaged&lt;PairTileArguments*, void&gt;</c>.</summary>
    internal static void* Entry(int rows, bool inPanels) => MachineCode.Entry(inPanels ? "bf16 tile of panels" : "bf16 tile of rows", rows, (a, r) => Emit(a, r, inPanels));

    private static void Emit(Assembler a, int rows, bool inPanels)
    {
        a.mov(r8, __qword_ptr[rdi]); // A
        a.mov(rax, __qword_ptr[rdi + 8]); // from row to row of A
        a.mov(rbx, __qword_ptr[rdi + 16]); // B
        a.mov(rcx, __qword_ptr[rdi + 24]); // pairs
        a.mov(rdx, __qword_ptr[rdi + 32]); // C
        a.mov(rsi, __qword_ptr[rdi + 40]); // from row to row of C
        a.mov(r9d, __dword_ptr[rdi + 48]);
        a.kmovw(k1, r9d);
        a.shr(r9d, 16);
        a.kmovw(k2, r9d);

        Label tile = a.CreateLabel();
        a.Label(ref tile);
        Begin(a, rows);
        Prefetch(a, rows);
        a.mov(r11, rbx);
        a.mov(r12, r8);
        if (!inPanels)
        {
            a.lea(rbp, __qword_ptr[rax + (rax * 2)]);
            a.lea(r13, __qword_ptr[r12 + rbp]);
            a.lea(r14, __qword_ptr[r13 + rbp]);
            a.lea(r15, __qword_ptr[r14 + rbp]);
        }

        Loop(a, rows, inPanels, Unrolled);
        Loop(a, rows, inPanels, 1);
        End(a, rows);

        if (inPanels)
        {
            a.add(r8, rows * 4);
        }
        else
        {
            a.imul(r10, rax, rows);
            a.add(r8, r10);
        }

        a.imul(r10, rsi, rows);
        a.add(rdx, r10);
        a.dec(__qword_ptr[rdi + 56]);
        a.jnz(tile);
    }

    /// <summary>Accumulators from C, or zeros.</summary>
    private static void Begin(Assembler a, int rows)
    {
        Label zero = a.CreateLabel();
        Label done = a.CreateLabel();
        a.cmp(__dword_ptr[rdi + 52], 0);
        a.je(zero);
        a.mov(r10, rdx);
        for (int i = 0; i < rows; i++)
        {
            a.vmovups(Low(i).k1.z, __zmmword_ptr[r10]);
            a.vmovups(High(i).k2.z, __zmmword_ptr[r10 + 64]);
            a.add(r10, rsi);
        }

        a.jmp(done);
        a.Label(ref zero);
        for (int i = 0; i < rows; i++)
        {
            a.vpxord(Low(i), Low(i), Low(i));
            a.vpxord(High(i), High(i), High(i));
        }

        a.Label(ref done);
    }

    /// <summary>Asks for the part of C that the next tile, of this call or of the next one, adds to.</summary>
    private static void Prefetch(Assembler a, int rows)
    {
        Label done = a.CreateLabel();
        Label last = a.CreateLabel();
        a.mov(r10, __qword_ptr[rdi + 64]);
        a.test(r10, r10);
        a.jz(done);
        a.cmp(__qword_ptr[rdi + 56], 1);
        a.je(last);
        a.imul(r10, rsi, rows);
        a.add(r10, rdx);
        a.Label(ref last);
        for (int i = 0; i < rows; i++)
        {
            a.prefetchw(__[r10]);
            a.prefetchw(__[r10 + 64]);
            a.add(r10, rsi);
        }

        a.Label(ref done);
    }

    /// <summary>As many groups of <paramref name="unrolled"/> pairs as there are: all of them, or those that the larger group left.</summary>
    private static void Loop(Assembler a, int rows, bool inPanels, int unrolled)
    {
        Label loop = a.CreateLabel();
        Label done = a.CreateLabel();
        a.mov(r9, rcx);
        if (unrolled == 1)
        {
            a.and(r9, Unrolled - 1);
        }
        else
        {
            a.shr(r9, 2);
        }

        a.je(done);
        a.Label(ref loop);
        for (int u = 0; u < unrolled; u++)
        {
            a.vmovups(zmm28, __zmmword_ptr[r11 + (u * PanelStep)]);
            a.vmovups(zmm29, __zmmword_ptr[r11 + (u * PanelStep) + 64]);
            for (int i = 0; i < rows; i++)
            {
                AssemblerRegisterZMM pair = Registers.Zmm(30 + (i % 2));
                a.vpbroadcastd(pair, inPanels ? __dword_ptr[r12 + ((u * PanelStep) + (4 * i))] : InRows(i, 4 * u));
                a.vdpbf16ps(Low(i), pair, zmm28);
                a.vdpbf16ps(High(i), pair, zmm29);
            }
        }

        a.add(r11, unrolled * PanelStep);
        a.add(r12, unrolled * (inPanels ? PanelStep : 4));
        if (!inPanels)
        {
            a.add(r13, unrolled * 4);
            a.add(r14, unrolled * 4);
            a.add(r15, unrolled * 4);
        }

        a.dec(r9);
        a.jnz(loop);
        a.Label(ref done);
    }

    private static void End(Assembler a, int rows)
    {
        a.mov(r10, rdx);
        for (int i = 0; i < rows; i++)
        {
            a.vmovups(__zmmword_ptr[r10].k1, Low(i));
            a.vmovups(__zmmword_ptr[r10 + 64].k2, High(i));
            a.add(r10, rsi);
        }
    }

    private static AssemblerMemoryOperand InRows(int row, int offset)
    {
        AssemblerRegister64 start = (row / 3) switch { 0 => r12, 1 => r13, 2 => r14, _ => r15 };
        return (row % 3) switch
        {
            0 => __dword_ptr[start + offset],
            1 => __dword_ptr[start + rax + offset],
            _ => __dword_ptr[start + (rax * 2) + offset],
        };
    }

    private static AssemblerRegisterZMM Low(int row) => Registers.Zmm(2 * row);

    private static AssemblerRegisterZMM High(int row) => Registers.Zmm((2 * row) + 1);
}
