using Iced.Intel;
using Razum.Tensors.Formats;
using Razum.Tensors.Kernels.MatMul;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// Products of rows of bytes with a panel of 32 outputs on <c>vpdpbusd</c> (AVX512_VNNI), for the formats of tiles. The same integers, chains and bits as
/// <see cref="TileKernel"/>. Up to six rows: 12 registers of integer sums and 12 of results; the weights of four values of 32 outputs, and one row's four
/// bytes at a time, pass through the others. One part of 32 values and six rows take 96 byte products, 24 other multiplications and nothing that waits.
/// </summary>
internal static unsafe class TileCode<F>
    where F : struct, ITile
{
    /// <summary>Rows of the largest kernel.</summary>
    internal const int MaxRows = 6;

    /// <summary>Up to so many rows the products of a row are summed in two chains, else the next product would wait for the last.</summary>
    private const int TwoChainRows = 3;

    /// <summary>Up to so many rows four registers are free for the F16 numbers of a tile.</summary>
    private const int KeptScaleRows = 4;

    private const int Block = 52;
    private const int ScaleAt = 32;
    private const int OffsetAt = 36;
    private const int SumAt = 40;
    private const int HalfOffsetsAt = 44;
    private const int LaneBytes = 4 * BlockTiles.Lanes;

    private static readonly AssemblerRegisterZMM s_low = zmm24;
    private static readonly AssemblerRegisterZMM s_high = zmm25;
    private static readonly AssemblerRegisterZMM s_four = zmm26;
    private static readonly AssemblerRegisterZMM s_nibble = zmm27;
    private static readonly AssemblerRegisterZMM s_scaleLow = zmm28;
    private static readonly AssemblerRegisterZMM s_scaleHigh = zmm29;
    private static readonly AssemblerRegisterZMM s_minimumLow = zmm30;
    private static readonly AssemblerRegisterZMM s_minimumHigh = zmm31;

    // After the registers, which the emitter reads.
    private static readonly nint[] s_entries =
        [.. Enumerable.Range(0, 2 * MaxRows).Select(shape => (nint)MachineCode.Entry($"tiles {F.Format}", shape, Emit))];

    /// <summary>
    /// Runs the kernel for <paramref name="rows"/> rows, one to six. With <paramref name="readAhead"/> it asks for the memory that the next call multiplies:
    /// when few rows pass over every tile, multiplying and waiting for memory would take turns.
    /// </summary>
    internal static void Run(int rows, bool readAhead, ref TileArguments arguments)
    {
        fixed (TileArguments* a = &arguments)
        {
            ((delegate* unmanaged<TileArguments*, void>)s_entries[rows - 1 + (readAhead ? MaxRows : 0)])(a);
        }
    }

    // rsi x of the step, r8 its row, r13 and r14 three and five rows; r9 tiles of the step; r11 c, rax its row, rbp and r15 three and five rows;
    // in the loops rdx x, rcx tile, r12 tiles left, rdi part (or, between steps, the arguments), r15 bytes to read ahead; rbx steps left.
    private static void Emit(Assembler a, int shape)
    {
        (int rows, bool readAhead) = ((shape % MaxRows) + 1, shape >= MaxRows);
        Label step = a.CreateLabel(), tile = a.CreateLabel(), zero = a.CreateLabel();
        a.mov(rsi, __qword_ptr[rdi]);
        a.mov(r8, __qword_ptr[rdi + 8]);
        a.mov(r9, __qword_ptr[rdi + 16]);
        a.mov(r11, __qword_ptr[rdi + 32]);
        a.mov(rax, __qword_ptr[rdi + 40]);
        a.mov(rbx, __qword_ptr[rdi + 56]);
        a.lea(r13, __[r8 + (r8 * 2)]);
        a.lea(r14, __[r8 + (r8 * 4)]);
        a.lea(rbp, __[rax + (rax * 2)]);
        a.push(rdi);
        if (F.HasNibbles)
        {
            a.mov(ecx, 0x0f0f0f0f);
            a.vpbroadcastd(s_nibble, ecx);
        }

        a.Label(ref step);
        a.mov(rdx, rsi);
        a.mov(rcx, r9);
        a.mov(r12, __qword_ptr[rdi + 24]);
        if (!F.HasMinimum && F.Values > ActivationBlock.Size)
        {
            a.imul(r12, r12, F.Values / ActivationBlock.Size); // parts follow each other like tiles
        }

        a.cmp(__qword_ptr[rdi + 48], 0);
        a.je(zero);
        ForResults(a, rows, (sum, address) => a.vmovups(sum, address));
        a.jmp(tile);
        a.Label(ref zero);
        ForResults(a, rows, (sum, _) => a.vpxord(sum, sum, sum));
        a.Label(ref tile);
        a.mov(r15, __qword_ptr[rsp]);
        a.mov(r15, __qword_ptr[r15 + 88]);
        if (F.HasMinimum)
        {
            Lines(a, rows, readAhead);
        }
        else
        {
            Bytes(a, rows, readAhead);
        }

        a.dec(r12);
        a.jnz(tile);
        ForResults(a, rows, (sum, address) => a.vmovups(address, sum));
        a.mov(rdi, __qword_ptr[rsp]);
        a.add(rsi, __qword_ptr[rdi + 64]);
        a.add(r9, __qword_ptr[rdi + 72]);
        a.add(r11, __qword_ptr[rdi + 80]);
        a.dec(rbx);
        a.jnz(step);
        a.pop(rdi);
    }

    /// <summary>A part without minima: its scales, then eight times four bytes of 32 rows.</summary>
    private static void Bytes(Assembler a, int rows, bool readAhead)
    {
        int head = F.HasFloatScales ? F.Runs * sizeof(float) * BlockTiles.Lanes : 2 * BlockTiles.Lanes;
        for (int run = 0; run < F.Runs; run++)
        {
            for (int row = 0; row < rows; row++)
            {
                a.vpbroadcastd(Sum(row, 0), __dword_ptr[X(row) + (F.Runs == 1 ? OffsetAt : HalfOffsetsAt + (sizeof(int) * run))]);
                a.vmovdqa32(Sum(row, 1), Sum(row, 0));
            }

            ClearSecondChains(a, rows);
            for (int group = run * (8 / F.Runs); group < (run + 1) * (8 / F.Runs); group++)
            {
                LoadBytes(a, rcx, head + (group * LaneBytes), readAhead);
                Multiply(a, rows, group);
            }

            if (F.HasFloatScales)
            {
                int at = run * sizeof(float) * BlockTiles.Lanes;
                a.vmovups(s_scaleLow, __zmmword_ptr[rcx + at]);
                a.vmovups(s_scaleHigh, __zmmword_ptr[rcx + (at + 64)]);
            }
            else
            {
                a.vcvtph2ps(s_scaleLow, __ymmword_ptr[rcx]);
                a.vcvtph2ps(s_scaleHigh, __ymmword_ptr[rcx + 32]);
            }

            Add(a, rows);
        }

        a.add(rdx, Block);
        a.add(rcx, F.TileBytes / (F.Values / ActivationBlock.Size));
    }

    /// <summary>Four bytes of 32 rows.</summary>
    private static void LoadBytes(Assembler a, AssemblerRegister64 start, int at, bool readAhead)
    {
        a.vmovdqu32(s_low, __zmmword_ptr[start + at]);
        a.vmovdqu32(s_high, __zmmword_ptr[start + (at + 64)]);
        if (readAhead)
        {
            a.prefetcht0(__byte_ptr[start + r15 + at]);
            a.prefetcht0(__byte_ptr[start + r15 + (at + 64)]);
        }
    }

    /// <summary>A tile with minima: d and dmin, then for every part scales, minima and four times the low and high halves of bytes, or eight times whole bytes.</summary>
    private static void Lines(Assembler a, int rows, bool readAhead)
    {
        Label part = a.CreateLabel();
        const int Head = 4 * BlockTiles.Lanes;
        const int PartHead = 2 * BlockTiles.Lanes;
        for (int i = 0; rows <= KeptScaleRows && i < 4; i++)
        {
            a.vcvtph2ps(KeptScale(i), __ymmword_ptr[rcx + (32 * i)]);
        }

        a.lea(rdi, __[rcx + Head]);
        a.add(rcx, F.TileBytes);
        a.Label(ref part);
        for (int row = 0; row < rows; row++)
        {
            a.vpxord(Sum(row, 0), Sum(row, 0), Sum(row, 0));
            a.vpxord(Sum(row, 1), Sum(row, 1), Sum(row, 1));
        }

        ClearSecondChains(a, rows);
        if (F.HasNibbles)
        {
            Nibbles(a, rows, PartHead, readAhead);
        }
        else
        {
            for (int group = 0; group < 8; group++)
            {
                LoadBytes(a, rdi, PartHead + (group * LaneBytes), readAhead);
                Multiply(a, rows, group);
            }
        }

        AssemblerRegisterZMM[] targets = [s_scaleLow, s_scaleHigh, s_minimumLow, s_minimumHigh];
        for (int i = 0; i < targets.Length; i++)
        {
            Scale(a, rows, targets[i], i);
        }

        Add(a, rows);
        a.add(rdx, Block);
        a.add(rdi, PartHead + ((F.HasNibbles ? 4 : 8) * LaneBytes));
        a.cmp(rdi, rcx);
        a.jb(part);
    }

    /// <summary>The products with the low and high halves of bytes.</summary>
    private static void Nibbles(Assembler a, int rows, int head, bool readAhead)
    {
        for (int pair = 0; pair < 4; pair++)
        {
            int at = head + (pair * LaneBytes);
            a.vpandd(s_low, s_nibble, __zmmword_ptr[rdi + at]);
            a.vpandd(s_high, s_nibble, __zmmword_ptr[rdi + (at + 64)]);
            if (readAhead)
            {
                a.prefetcht0(__byte_ptr[rdi + r15 + at]);
                a.prefetcht0(__byte_ptr[rdi + r15 + (at + 64)]);
            }

            Multiply(a, rows, 2 * pair);
            a.vpsrlw(s_low, __zmmword_ptr[rdi + at], 4);
            a.vpsrlw(s_high, __zmmword_ptr[rdi + (at + 64)], 4);
            a.vpandd(s_low, s_nibble, s_low);
            a.vpandd(s_high, s_nibble, s_high);
            Multiply(a, rows, (2 * pair) + 1);
        }
    }

    /// <summary>target = the <paramref name="index"/>-th 16 F16 numbers of the tile * the same bytes of the part.</summary>
    private static void Scale(Assembler a, int rows, AssemblerRegisterZMM target, int index)
    {
        a.vpmovzxbd(target, __xmmword_ptr[rdi + (16 * index)]);
        a.vcvtdq2ps(target, target);
        if (rows > KeptScaleRows)
        {
            a.vcvtph2ps(s_low, __ymmword_ptr[rcx + ((32 * index) - F.TileBytes)]);
        }

        a.vmulps(target, target, rows > KeptScaleRows ? s_low : KeptScale(index));
    }

    private static AssemblerRegisterZMM KeptScale(int index) => Registers.Zmm((2 * MaxRows) + (2 * KeptScaleRows) + index);

    /// <summary>Adds the products of four bytes of every row to the integer sums.</summary>
    private static void Multiply(Assembler a, int rows, int group)
    {
        for (int row = 0; row < rows; row++)
        {
            int chain = rows <= TwoChainRows ? group % 2 : 0;
            a.vpbroadcastd(s_four, __dword_ptr[X(row) + (4 * group)]);
            a.vpdpbusd(Sum(row, 0, chain), s_low, s_four);
            a.vpdpbusd(Sum(row, 1, chain), s_high, s_four);
        }
    }

    /// <summary>Adds the integer sums, scaled, and the minima to the results.</summary>
    private static void Add(Assembler a, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            if (rows <= TwoChainRows)
            {
                a.vpaddd(Sum(row, 0), Sum(row, 0), Sum(row, 0, 1));
                a.vpaddd(Sum(row, 1), Sum(row, 1), Sum(row, 1, 1));
            }

            a.vcvtdq2ps(Sum(row, 0), Sum(row, 0));
            a.vcvtdq2ps(Sum(row, 1), Sum(row, 1));
            a.vbroadcastss(s_four, __dword_ptr[X(row) + ScaleAt]);
            a.vmulps(s_low, s_scaleLow, s_four);
            a.vmulps(s_high, s_scaleHigh, s_four);
            a.vfmadd231ps(Result(row, 0), Sum(row, 0), s_low);
            a.vfmadd231ps(Result(row, 1), Sum(row, 1), s_high);
            if (F.HasMinimum)
            {
                a.vbroadcastss(s_four, __dword_ptr[X(row) + SumAt]);
                a.vfmadd231ps(Result(row, 0), s_minimumLow, s_four);
                a.vfmadd231ps(Result(row, 1), s_minimumHigh, s_four);
            }
        }
    }

    private static void ForResults(Assembler a, int rows, Action<AssemblerRegisterZMM, AssemblerMemoryOperand> emit)
    {
        a.lea(r15, __[rax + (rax * 4)]);
        for (int row = 0; row < rows; row++)
        {
            emit(Result(row, 0), __zmmword_ptr[Row(r11, rax, rbp, r15, row)]);
            emit(Result(row, 1), __zmmword_ptr[Row(r11, rax, rbp, r15, row) + 64]);
        }
    }

    private static void ClearSecondChains(Assembler a, int rows)
    {
        for (int i = 0; rows <= TwoChainRows && i < 2 * rows; i++)
        {
            AssemblerRegisterZMM sum = Sum(i / 2, i % 2, 1);
            a.vpxord(sum, sum, sum);
        }
    }

    private static AssemblerRegisterZMM Sum(int row, int half, int chain = 0) => Registers.Zmm((2 * row) + half + (2 * TwoChainRows * chain));

    private static AssemblerRegisterZMM Result(int row, int half) => Registers.Zmm((2 * MaxRows) + (2 * row) + half);

    private static AssemblerMemoryOperand X(int row) => Row(rdx, r8, r13, r14, row);

    private static AssemblerMemoryOperand Row(
        AssemblerRegister64 start, AssemblerRegister64 one, AssemblerRegister64 three, AssemblerRegister64 five, int row) => row switch
        {
            0 => start + 0,
            1 => start + one,
            2 => start + (one * 2),
            3 => start + three,
            4 => start + (one * 4),
            _ => start + five,
        };
}
