using System.Globalization;
using System.Runtime.InteropServices;
using Iced.Intel;
using Razum.Tensors;
using Razum.Tensors.Jit;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tests.Tensors.Jit;

/// <summary>Memory for code, the calling convention, and what CPUID is said to report. Where no machine code runs there must be a reason.</summary>
public sealed unsafe class MachineCodeTests
{
    [Fact]
    public void Code_runs_or_there_is_a_reason()
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && OperatingSystem.IsLinux())
        {
            Assert.Null(MachineCode.Unavailable);
        }
        else
        {
            Assert.NotEqual(string.Empty, MachineCode.Unavailable);
        }
    }

    [Fact]
    public void Code_is_never_writable_and_executable()
    {
        RequireMachineCode();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc/self/maps");
        using ExecutableMemory? memory = ExecutableMemory.TryCreate([0xC3], out string? reason);
        Assert.NotNull(memory);
        Assert.Null(reason);
        Assert.Equal("r-xp", Protection((ulong)memory.Start));
    }

    [Fact]
    public void Registers_of_the_caller_survive()
    {
        RequireMachineCode();
        AssemblerRegister64[] registers = [rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15];
        void* entry = MachineCode.Entry("test clobber", 0, (a, _) =>
        {
            foreach (AssemblerRegister64 register in registers)
            {
                a.xor(register, register);
            }

            for (int i = 0; i < 32 && CpuFeatures.Avx512; i++)
            {
                a.vpxord(Registers.Zmm(i), Registers.Zmm(i), Registers.Zmm(i));
            }
        });
        double[] values = [.. Enumerable.Range(1, 8).Select(i => (double)i)];
        double expected = 0;
        double sum = 0;
        double factor = values[2];
        for (int i = 0; i < values.Length; i++)
        {
            ((delegate* unmanaged<void*, void>)entry)(null);
            sum += factor * values[i];
            expected = 1.5 * (i + 1) * (i + 2);
            Assert.Equal(expected, sum);
        }
    }

    [Fact]
    public void A_kernel_is_compiled_once()
    {
        RequireMachineCode();
        int times = 0;
        void Emit(Assembler a, int shape)
        {
            times++;
            a.nop();
        }

        void* first = MachineCode.Entry("test once", 1, Emit);
        Assert.True(first == MachineCode.Entry("test once", 1, Emit));
        Assert.False(first == MachineCode.Entry("test once", 2, Emit));
        Assert.Equal(2, times);
    }

    [Fact]
    public void Features_are_those_the_operating_system_lists()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "reads /proc/cpuinfo");
        string flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)) + " ";
        Assert.Equal(flags.Contains(" avx512_vnni "), CpuFeatures.Names.Contains("AVX512_VNNI"));
        Assert.Equal(flags.Contains(" avx512_bf16 "), CpuFeatures.Names.Contains("AVX512_BF16"));
        Assert.Equal(flags.Contains(" avx_vnni "), CpuFeatures.Names.Contains("AVX_VNNI"));
        Assert.Equal(flags.Contains(" amx_bf16 "), CpuFeatures.Names.Contains("AMX_BF16"));
        Assert.Equal(flags.Contains(" avx512vl "), CpuFeatures.Names.Contains("AVX512VL"));
    }

    [Fact]
    public void Peaks_are_measured_where_the_instructions_exist()
    {
        Assert.Equal(CpuFeatures.Avx512BFloat16 && MachineCode.Unavailable is null, MachinePeak.MeasureBFloat16(1) > 0);
        Assert.Equal(CpuFeatures.Avx512Vnni && MachineCode.Unavailable is null, MachinePeak.MeasureInt8(1) > 0);
    }

    private static void RequireMachineCode() => Assert.SkipWhen(MachineCode.Unavailable is not null, MachineCode.Unavailable ?? string.Empty);

    /// <summary>The protection of the pages around an address.</summary>
    private static string Protection(ulong address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] fields = line.Split(' ');
            ulong[] range = [.. fields[0].Split('-').Select(end => ulong.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            if (address >= range[0] && address < range[1])
            {
                return fields[1];
            }
        }

        return "not mapped";
    }
}
