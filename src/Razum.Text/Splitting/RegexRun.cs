using System.Runtime.CompilerServices;

namespace Razum.Text.Splitting;

/// <summary>The memory of a pattern at work in one text: what loops have learned, and how many steps are left.</summary>
internal sealed class RegexRun(int slots)
{
    // A published pattern takes a few steps per character; more means a pattern that doubles its work, from a damaged or hostile file.
    private const long StepsPerCharacter = 1000;

    private readonly Memory[] _slots = new Memory[slots];
    private long _steps;

    /// <summary>What one loop has learned of the text.</summary>
    public struct Memory
    {
        public int RunStart;
        public int RunEnd;
        public int FailedFrom;
        public int FailedTo;
    }

    public void Begin(int length)
    {
        _steps = (length + 100L) * StepsPerCharacter;
        Array.Fill(_slots, new Memory { RunStart = 0, RunEnd = -1, FailedFrom = 0, FailedTo = -1 });
    }

    public ref Memory Slot(int index) => ref _slots[index];

    public void Step()
    {
        if (--_steps < 0)
        {
            throw new InvalidDataException("the tokenizer's split pattern takes too many steps on this text");
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new InvalidDataException("the tokenizer's split pattern nests too deep on this text");
        }
    }
}
