namespace Razum.Training.Loop;

/// <summary>Rate of the recent steps, for the time left.</summary>
internal sealed class StepClock
{
    private const double Memory = 0.95;

    private double _tokens;
    private double _seconds;

    public void Add(double tokens, double seconds)
    {
        _tokens = (Memory * _tokens) + tokens;
        _seconds = (Memory * _seconds) + seconds;
    }

    public TimeSpan Left(double tokens) => _tokens > 0 ? TimeSpan.FromSeconds(Math.Min(tokens * _seconds / _tokens, 1e7)) : TimeSpan.Zero;
}
