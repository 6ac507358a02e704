using System.Runtime.Intrinsics;
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
    where F : struct, ITiledBlock
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
    private const int UpperBits = 0x30303030;

    private static readonly AssemblerRegisterZMM s_low = zmm24;
    private static readonly AssemblerRegisterZMM s_high = zmm25;
    private static readonly AssemblerRegisterZMM s_four = zmm26;
    private static readonly AssemblerRegisterZMM s_nibble = zmm27;
    private static readonly AssemblerRegisterZMM s_scaleLow = zmm28;
    private static readonly AssemblerRegisterZMM s_scaleHigh = zmm29;
    private static readonly AssemblerRegisterZMM s_minimumLow = zmm30;
    private static readonly AssemblerRegisterZMM s_minimumHigh = zmm31;

    // Free while the products are summed, or in formats without minima.
    private static readonly AssemblerRegisterZMM s_shifted = zmm28;
    private static readonly AssemblerRegisterZMM s_upperBits = zmm30;
    private static readonly AssemblerRegisterZMM s_codebook = zmm31;

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
        Constants(a);
        a.push(UpperBits);
        a.push(rdi);
        a.Label(ref step);
        a.mov(rdx, rsi);
        a.mov(rcx, r9);
        a.mov(r12, __qword_ptr[rdi + 24]);
        a.cmp(__qword_ptr[rdi + 48], 0);
        a.je(zero);
        ForResults(a, rows, (sum, address) => a.vmovups(sum, address));
        a.jmp(tile);
        a.Label(ref zero);
        ForResults(a, rows, (sum, _) => a.vpxord(sum, sum, sum));
        a.Label(ref tile);
        a.mov(r15, __qword_ptr[rsp]);
        a.mov(r15, __qword_ptr[r15 + 88]);
        EmitTile(a, rows, readAhead);
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
        a.pop(rdi);
    }

    private static void Constants(Assembler a)
    {
        if (F.CodeBits < 8)
        {
            a.mov(ecx, 0x0f0f0f0f);
            a.vpbroadcastd(s_nibble, ecx);
        }

        if (F.CodeBits == 6)
        {
            a.mov(ecx, UpperBits);
            a.vpbroadcastd(s_upperBits, ecx);
        }

        if (F.HasCodebook)
        {
            a.mov(rcx, F.Codebook.AsUInt64()[0]);
            a.vmovq(xmm0, rcx);
            a.mov(rcx, F.Codebook.AsUInt64()[1]);
            a.vpinsrq(xmm0, xmm0, rcx, 1);
            a.vshufi32x4(s_codebook, zmm0, zmm0, 0);
        }
    }

    /// <summary>The parts of a tile: of each, and of each half with a scale of its own, eight or four times four values of 32 outputs, then their scales.</summary>
    private static void EmitTile(Assembler a, int rows, bool readAhead)
    {
        Label part = a.CreateLabel();
        bool hasParts = Tile<F>.Parts > 1;
        AssemblerRegister64 start = hasParts ? rdi : rcx;
        int head = hasParts ? 0 : Tile<F>.Head;
        if (hasParts)
        {
            for (int i = 0; rows <= KeptScaleRows && i < (F.HasMinimum ? 4 : 2); i++)
            {
                a.vcvtph2ps(KeptScale(i), __ymmword_ptr[rcx + (32 * i)]);
            }

            a.lea(rdi, __[rcx + Tile<F>.Head]);
            a.add(rcx, Tile<F>.Bytes);
            a.Label(ref part);
        }

        if (F.CodeBits == 6 && F.HasMinimum)
        {
            a.vpbroadcastd(s_upperBits, __dword_ptr[rsp + 8]); // its register is that of a minimum, too
        }

        for (int run = 0; run < F.Runs; run++)
        {
            Begin(a, rows, run);
            for (int group = run * (Tile<F>.Groups / F.Runs); group < (run + 1) * (Tile<F>.Groups / F.Runs); group++)
            {
                if (readAhead)
                {
                    ReadAhead(a, start, group);
                }

                LoadFour(a, rows, start, head, group);
                Multiply(a, rows, group);
            }

            AssemblerRegisterZMM[] targets = F.HasMinimum ? [s_scaleLow, s_scaleHigh, s_minimumLow, s_minimumHigh] : [s_scaleLow, s_scaleHigh];
            for (int i = 0; i < targets.Length; i++)
            {
                Scale(a, rows, targets[i], i, run);
            }

            Add(a, rows);
        }

        a.add(rdx, Block);
        if (hasParts)
        {
            a.add(rdi, Tile<F>.PartBytes);
            a.cmp(rdi, rcx);
            a.jb(part);
        }
        else
        {
            a.add(rcx, Tile<F>.Bytes);
        }
    }

    /// <summary>The integer sums begin with what the bytes of the weights have too much, or with zero.</summary>
    private static void Begin(Assembler a, int rows, int run)
    {
        for (int row = 0; row < rows; row++)
        {
            if (F.HasMinimum)
            {
                Clear(Sum(row, 0));
                Clear(Sum(row, 1));
            }
            else
            {
                a.vpbroadcastd(Sum(row, 0), __dword_ptr[X(row) + (F.Runs == 1 ? OffsetAt : HalfOffsetsAt + (sizeof(int) * run))]);
                if (Tile<F>.ExcessShift > 0)
                {
                    a.vpsrad(Sum(row, 0), Sum(row, 0), (byte)Tile<F>.ExcessShift);
                }

                a.vmovdqa32(Sum(row, 1), Sum(row, 0));
            }

            if (rows <= TwoChainRows)
            {
                Clear(Sum(row, 0, 1));
                Clear(Sum(row, 1, 1));
            }
        }

        void Clear(AssemblerRegisterZMM sum) => a.vpxord(sum, sum, sum);
    }

    /// <summary>Asks for an eighth of the lines of a part that comes later, line after line: in any other order they come more slowly.</summary>
    private static void ReadAhead(Assembler a, AssemblerRegister64 start, int group)
    {
        int lines = ((Tile<F>.Parts == 1 ? Tile<F>.Bytes : Tile<F>.PartBytes) + 63) / 64;
        for (int line = lines * group / Tile<F>.Groups; line < lines * (group + 1) / Tile<F>.Groups; line++)
        {
            a.prefetcht0(__byte_ptr[start + r15 + (64 * line)]);
        }
    }

    /// <summary>The bytes of four values of 32 outputs.</summary>
    private static void LoadFour(Assembler a, int rows, AssemblerRegister64 start, int head, int group)
    {
        for (int half = 0; half < 2; half++)
        {
            AssemblerRegisterZMM target = half == 0 ? s_low : s_high;
            AssemblerMemoryOperand four = __zmmword_ptr[start + (head + Tile<F>.At(group) + (64 * half))];
            if (F.CodeBits == 8)
            {
                a.vmovdqu32(target, four);
            }
            else if (group % 2 == 0)
            {
                a.vpandd(target, s_nibble, four);
            }
            else if (IsUpperChain(rows))
            {
                a.vpandnd(target, s_nibble, four);
            }
            else
            {
                a.vpsrlw(target, four, 4);
                a.vpandd(target, s_nibble, target);
            }

            if (F.HasCodebook)
            {
                a.vpshufb(target, s_codebook, target);
            }

            if (F.CodeBits == 6)
            {
                AddUpperBits(a, target, start, head + Tile<F>.UpperAt(group) + (64 * half), group % 4);
            }
        }
    }

    /// <summary>target += 16 times two bits of every byte at <paramref name="at"/>, shifted to where they are wanted, under a mask.</summary>
    private static void AddUpperBits(Assembler a, AssemblerRegisterZMM target, AssemblerRegister64 start, int at, int place)
    {
        const byte OrMasked = 0xf8; // target | (mask & bits)
        AssemblerMemoryOperand upper = __zmmword_ptr[start + at];
        if (place == 2)
        {
            a.vpternlogd(target, s_upperBits, upper, OrMasked);
            return;
        }

        if (place < 2)
        {
            a.vpsllw(s_shifted, upper, (byte)(4 - (2 * place)));
        }
        else
        {
            a.vpsrlw(s_shifted, upper, 2);
        }

        a.vpternlogd(target, s_upperBits, s_shifted, OrMasked);
    }

    /// <summary>target = the <paramref name="index"/>-th 16 numbers of the tile, times the same bytes of the part where it has some.</summary>
    private static void Scale(Assembler a, int rows, AssemblerRegisterZMM target, int index, int run)
    {
        if (Tile<F>.Parts == 1)
        {
            if (F.HasFloatStep)
            {
                a.vmovups(target, __zmmword_ptr[rcx + (64 * index)]);
            }
            else
            {
                a.vcvtph2ps(target, __ymmword_ptr[rcx + (32 * index)]);
            }

            return;
        }

        a.vpmovsxbd(target, __xmmword_ptr[rdi + (16 * (index + (2 * run)))]);
        a.vcvtdq2ps(target, target);
        if (rows > KeptScaleRows)
        {
            a.vcvtph2ps(s_low, __ymmword_ptr[rcx + ((32 * index) - Tile<F>.Bytes)]);
        }

        a.vmulps(target, target, rows > KeptScaleRows ? s_low : KeptScale(index));
    }

    private static AssemblerRegisterZMM KeptScale(int index) => Registers.Zmm((2 * MaxRows) + (2 * KeptScaleRows) + index);

    /// <summary>
    /// Whether the products with high halves of bytes have a chain of their own, which then sums them sixteenfold: bytes without their low halves are sixteen
    /// times the weights, and need no shift.
    /// </summary>
    private static bool IsUpperChain(int rows) => rows <= TwoChainRows && F.CodeBits == 4 && !F.HasCodebook;

    /// <summary>Adds the products of four bytes of every row to the integer sums.</summary>
    private static void Multiply(Assembler a, int rows, int group)
    {
        for (int row = 0; row < rows; row++)
        {
            if (rows == 1)
            {
                a.vpdpbusd(Sum(row, 0, group % 2), s_low, __dword_bcst[X(row) + (4 * group)]);
                a.vpdpbusd(Sum(row, 1, group % 2), s_high, __dword_bcst[X(row) + (4 * group)]);
                continue;
            }

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
            for (int half = 0; half < 2; half++)
            {
                if (IsUpperChain(rows))
                {
                    a.vpsrad(Sum(row, half, 1), Sum(row, half, 1), 4);
                }

                if (rows <= TwoChainRows)
                {
                    a.vpaddd(Sum(row, half), Sum(row, half), Sum(row, half, 1));
                }

                a.vcvtdq2ps(Sum(row, half), Sum(row, half));
            }

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
