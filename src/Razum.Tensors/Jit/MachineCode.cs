using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Razum.Tensors.Jit;

/// <summary>
/// Kernels compiled at run time, kept for the life of the process: one per kind (what it computes) and shape class (what its code depends on,
/// such as the rows of a tile). A kernel is called through <c>delegate* unmanaged&lt;TArguments*, void&gt;</c>, see <see cref="CallingConvention"/>.
/// </summary>
internal static unsafe class MachineCode
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(string Kind, int Shape), ExecutableMemory> s_kernels = [];

    /// <summary>Why no machine code runs here, in words for a person; null where it does. Found by running some.</summary>
    internal static string? Unavailable { get; } = Try();

    /// <summary>
    /// The entry of the kernel (<paramref name="kind"/>, <paramref name="shape"/>); <paramref name="emit"/> writes its body, between the two halves of the
    /// calling convention, when it is asked for the first time. Take the entry once and keep it: this looks in a table under a lock.
    /// </summary>
    /// <exception cref="InvalidOperationException">No machine code runs here; ask <see cref="Unavailable"/> first.</exception>
    internal static void* Entry(string kind, int shape, Action<Assembler, int> emit)
    {
        lock (s_lock)
        {
            if (!s_kernels.TryGetValue((kind, shape), out ExecutableMemory? memory))
            {
                memory = Compile(a => emit(a, shape), out string? reason)
                    ?? throw new InvalidOperationException($"{kind} ({shape}): no machine code here: {reason}");
                s_kernels.Add((kind, shape), memory);
            }

            return memory.Start;
        }
    }

    private static ExecutableMemory? Compile(Action<Assembler> emit, out string? reason)
    {
        var assembler = new Assembler(64);
        CallingConvention.Enter(assembler);
        emit(assembler);
        CallingConvention.Leave(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), 0); // branches are relative: the code runs at any address
        return ExecutableMemory.TryCreate(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), out reason);
    }

    private static string? Try()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return $"the processor is {RuntimeInformation.ProcessArchitecture}, machine code is written for x86-64";
        }

        try
        {
            using ExecutableMemory? memory = Compile(a => a.mov(__dword_ptr[rdi], 42), out string? reason);
            if (memory is null)
            {
                return reason;
            }

            int answer = 0;
            ((delegate* unmanaged<int*, void>)memory.Start)(&answer);
            return answer == 42 ? null : "emitted code does not do what was asked";
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return e.Message;
        }
    }
}
