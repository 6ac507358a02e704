using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// One to three rows of A times four neighbouring panels of B, for small matrices that lie in the caches: one panel alone would wait for the latency of its
/// chains. The chains of the elements are those of <see cref="PairTile"/>. Large matrices are read panel by panel instead, one sequential stream.
/// </summary>
internal static unsafe class PairRow
{
    /// <summary>Rows at most: 24 accumulators.</summary>
    internal const int MaxRows = 3;

    /// <summary>Panels computed together.</summary>
    internal const int Panels = 4;

    private const int PanelStep = 128;

    /// <summary>
    /// The kernel for <paramref name="rows"/> rows: <c>delegate* unmanaged&lt;PairTileArguments*, void&gt;</c>. There is one tile: <see cref="PairTileArguments.Tiles"/>
    /// holds the bytes from panel to panel instead. All columns exist: there is no mask.
    /// </summary>
    internal static void* Entry(int rows) => MachineCode.Entry("bf16 row", rows, Emit);

    private static void Emit(Assembler a, int rows)
    {
        a.mov(r8, __qword_ptr[rdi]); // A
        a.mov(rax, __qword_ptr[rdi + 8]); // from row to row of A
        a.mov(r12, __qword_ptr[rdi + 16]); // B: panels at r12 to r15
        a.mov(rcx, __qword_ptr[rdi + 24]); // pairs
        a.mov(rdx, __qword_ptr[rdi + 32]); // C
        a.mov(rsi, __qword_ptr[rdi + 40]); // from row to row of C
        Begin(a, rows);
        a.mov(r9, __qword_ptr[rdi + 56]); // from panel to panel
        a.lea(r13, __qword_ptr[r12 + r9]);
        a.lea(r14, __qword_ptr[r13 + r9]);
        a.lea(r15, __qword_ptr[r14 + r9]);
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        for (int i = 0; i < rows; i++)
        {
            a.vpbroadcastd(Registers.Zmm(28 + i), i == 0 ? __dword_ptr[r8] : i == 1 ? __dword_ptr[r8 + rax] : __dword_ptr[r8 + (rax * 2)]);
        }

        for (int v = 0; v < 2 * Panels; v++)
        {
            AssemblerMemoryOperand source = __zmmword_ptr[Panel(v / 2) + (64 * (v % 2))];
            if (rows == 1)
            {
                a.vdpbf16ps(Sum(0, v), zmm28, source);
                continue;
            }

            a.vmovups(zmm31, source);
            for (int i = 0; i < rows; i++)
            {
                a.vdpbf16ps(Sum(i, v), Registers.Zmm(28 + i), zmm31);
            }
        }

        a.add(r8, 4);
        for (int p = 0; p < Panels; p++)
        {
            a.add(Panel(p), PanelStep);
        }

        a.dec(rcx);
        a.jnz(loop);
        for (int i = 0; i < rows; i++)
        {
            for (int v = 0; v < 2 * Panels; v++)
            {
                a.vmovups(__zmmword_ptr[rdx + (64 * v)], Sum(i, v));
            }

            a.add(rdx, rsi);
        }
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
            for (int v = 0; v < 2 * Panels; v++)
            {
                a.vmovups(Sum(i, v), __zmmword_ptr[r10 + (64 * v)]);
            }

            a.add(r10, rsi);
        }

        a.jmp(done);
        a.Label(ref zero);
        for (int i = 0; i < rows * 2 * Panels; i++)
        {
            a.vpxord(Registers.Zmm(i), Registers.Zmm(i), Registers.Zmm(i));
        }

        a.Label(ref done);
    }

    private static AssemblerRegister64 Panel(int index) => index switch { 0 => r12, 1 => r13, 2 => r14, _ => r15 };

    private static AssemblerRegisterZMM Sum(int row, int vector) => Registers.Zmm((row * 2 * Panels) + vector);
}
