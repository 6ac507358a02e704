using System.Runtime.CompilerServices;

namespace Razum.Text.Jinja;

/// <summary>
/// What one run of a template may use: a template comes from a stranger's checkpoint. Steps bound the time, units (characters of made texts, items of made
/// lists) the memory, depth the stack.
/// </summary>
internal sealed class JinjaBudget
{
    /// <summary>Statements, expressions and items of loops; far above what any chat of a real context length takes.</summary>
    public const long MaxSteps = 10_000_000;

    /// <summary>Characters and items made, all together.</summary>
    public const long MaxUnits = 1L << 26;

    /// <summary>Macro calls inside each other.</summary>
    public const int MaxDepth = 100;

    private long _steps = MaxSteps;
    private long _units = MaxUnits;
    private int _depth;

    public void Step(long count = 1)
    {
        _steps -= count;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new JinjaFault("the template is nested too deep");
        }

        if (_steps < 0)
        {
            throw new JinjaFault($"the template takes more than {MaxSteps} steps");
        }
    }

    /// <summary>Asks before so many characters or items are made.</summary>
    public void Take(long units)
    {
        _units -= units;
        if (_units < 0 || units < 0)
        {
            throw new JinjaFault($"the template makes more than {MaxUnits} characters");
        }

        Step(units / 64);
    }

    public void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new JinjaFault($"macros and loops call each other more than {MaxDepth} deep");
        }
    }

    public void Leave() => _depth--;
}
