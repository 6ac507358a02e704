namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Work left for one judgement, counted in steps of parsing and arithmetic. A clock would make verdicts depend on the machine and its load; steps do not.
/// </summary>
internal sealed class StepBudget(int steps)
{
    private int _left = steps;

    /// <exception cref="NoValueException">Nothing is left.</exception>
    public void Take(int steps = 1)
    {
        _left -= steps;
        if (_left < 0)
        {
            throw new NoValueException("the step budget is used up");
        }
    }

    public bool IsUsedUp => _left < 0;
}
