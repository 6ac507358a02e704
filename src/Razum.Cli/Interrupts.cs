namespace Razum.Cli;

/// <summary>
/// What Ctrl-C does: the first press stops the work under way, which then ends in its own good order. A press while it is ending, or when nothing is
/// under way, ends the program.
/// </summary>
internal sealed class Interrupts
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _work;

    /// <summary>Begins work that the next press shall stop, and the work's token.</summary>
    public CancellationToken Begin()
    {
        lock (_lock)
        {
            _work = new CancellationTokenSource();
            return _work.Token;
        }
    }

    /// <summary>Ends the work.</summary>
    public void End()
    {
        lock (_lock)
        {
            _work = null;
        }
    }

    /// <summary>Ctrl-C was pressed. False if that shall end the program.</summary>
    public bool Press()
    {
        CancellationTokenSource? work;
        lock (_lock)
        {
            work = _work;
        }

        if (work is null || work.IsCancellationRequested)
        {
            return false;
        }

        work.Cancel();
        return true;
    }
}
