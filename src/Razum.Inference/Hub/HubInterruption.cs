namespace Razum.Inference.Hub;

/// <summary>A fault that another attempt may not meet: a broken connection, a busy server.</summary>
internal sealed class HubInterruption(string message, TimeSpan? retryAfter = null, Exception? cause = null) : IOException(message, cause)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
